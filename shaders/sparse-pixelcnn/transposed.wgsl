// Weights as backpropagation reads them, [outputs, inputs] without the biases: D', M' and U' of all blocks, and W' of quiet pixels.
//
// Grid: x = ceil((9216 * blocks + 8192) / 64) workgroups of 64 threads, one a number.

struct Params {
  blocks: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> down: array<f32>; // [blocks, 65, 32]
@group(0) @binding(2) var<storage, read> middle: array<f32>; // [blocks, 161, 32]
@group(0) @binding(3) var<storage, read> up: array<f32>; // [blocks, 33, 64]
@group(0) @binding(4) var<storage, read> quiet_hidden: array<f32>; // [129, 64]
@group(0) @binding(5) var<storage, read_write> transposed: array<f32>; // D' [blocks, 32, 64], M' [blocks, 32, 160], U' [blocks, 64, 32], W' [64, 128]

const threads = 64u;
const down_size = 2048u;
const middle_size = 5120u;
const up_size = 2048u;
const quiet_size = 8192u;

// Where number `at` of matrices of `rows` inputs by `columns` outputs, each with a row of biases behind it, comes from.
fn source_of(at: u32, rows: u32, columns: u32) -> u32 {
  let copy = at / (rows * columns);
  let own = at % (rows * columns);
  return copy * (rows + 1u) * columns + (own % rows) * columns + own / rows;
}

@compute @workgroup_size(threads)
fn transpose_all(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = (workgroup.x + params.first_workgroup) * threads + thread;
  let middle_start = params.blocks * down_size;
  let up_start = middle_start + params.blocks * middle_size;
  let quiet_start = up_start + params.blocks * up_size;
  if (at < middle_start) {
    transposed[at] = down[source_of(at, 64u, 32u)];
  } else if (at < up_start) {
    transposed[at] = middle[source_of(at - middle_start, 160u, 32u)];
  } else if (at < quiet_start) {
    transposed[at] = up[source_of(at - up_start, 32u, 64u)];
  } else if (at < quiet_start + quiet_size) {
    transposed[at] = quiet_hidden[source_of(at - quiet_start, 128u, 64u)];
  }
}
