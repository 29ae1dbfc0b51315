// out[start + copy * rows * columns + column * rows + row] = values[copy * stride + row * columns + column]: weights as backpropagation reads
// them; with one row, a copy. Grid: x = ceil(copies * rows * columns / 64) workgroups of 64 threads, one a number.

struct Params {
  copies: u32,
  rows: u32,
  columns: u32,
  stride: u32,
  start: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>; // [copies, stride]
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

const threads = 64u;

@compute @workgroup_size(threads)
fn transpose(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = (workgroup.x + params.first_workgroup) * threads + thread;
  let size = params.rows * params.columns;
  if (at >= params.copies * size) {
    return;
  }
  let own = at % size;
  out[params.start + at] = values[(at / size) * params.stride + (own % params.rows) * params.columns + own / params.rows];
}
