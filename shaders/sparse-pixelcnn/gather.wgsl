// Gradients of the weights between features: the sums over chunks of rows, added in a fixed order and divided by the images of all pieces;
// `later` pieces add to earlier ones. Reference: affineBack in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = ceil((9344 * blocks + 8256) / 64) workgroups of 64 threads, one a number.

struct Params {
  blocks: u32,
  chunks: u32,
  batch: u32, // images of all pieces
  later: u32, // 0 in the first piece
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sums: array<f32>; // [chunks, down [blocks, 65, 32], middle [blocks, 161, 32], up [blocks, 33, 64]]
@group(0) @binding(2) var<storage, read> quiet_sums: array<f32>; // [chunks, 129, 64]
@group(0) @binding(3) var<storage, read_write> down_gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> middle_gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> up_gradient: array<f32>;
@group(0) @binding(6) var<storage, read_write> quiet_gradient: array<f32>;

const threads = 64u;
const down_size = 2080u;
const middle_size = 5152u;
const up_size = 2112u;
const quiet_size = 8256u;

@compute @workgroup_size(threads)
fn gather(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = (workgroup.x + params.first_workgroup) * threads + thread;
  let middle_start = params.blocks * down_size;
  let up_start = middle_start + params.blocks * middle_size;
  let quiet_start = up_start + params.blocks * up_size;
  var sum = 0.0;
  for (var chunk = 0u; chunk < params.chunks; chunk++) {
    if (at < quiet_start) {
      sum += sums[chunk * quiet_start + at];
    } else if (at < quiet_start + quiet_size) {
      sum += quiet_sums[chunk * quiet_size + at - quiet_start];
    }
  }
  let mean = sum / f32(params.batch);
  let later = params.later == 1u;
  if (at < middle_start) {
    down_gradient[at] = select(0.0, down_gradient[at], later) + mean;
  } else if (at < up_start) {
    let own = at - middle_start;
    middle_gradient[own] = select(0.0, middle_gradient[own], later) + mean;
  } else if (at < quiet_start) {
    let own = at - up_start;
    up_gradient[own] = select(0.0, up_gradient[own], later) + mean;
  } else if (at < quiet_start + quiet_size) {
    let own = at - quiet_start;
    quiet_gradient[own] = select(0.0, quiet_gradient[own], later) + mean;
  }
}
