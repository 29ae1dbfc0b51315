// Gradient of biases: `length` numbers of every row from `start` on, summed over the rows, divided by `divisor`. Later passes add to
// earlier ones. Reference: gradient in the families' reference.ts.
//
// Grid: x = ceil(length / 64) workgroups of 64 threads, one a number.

struct Params {
  length: u32,
  start: u32, // in every row
  stride: u32, // from one row to the next
  rows: u32, // in this pass
  divisor: u32, // images of all passes, where the mean is wanted
  later: u32, // 0 in the first pass
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>; // [rows, stride]
@group(0) @binding(2) var<storage, read_write> gradient: array<f32>; // [length]

const threads = 64u;

@compute @workgroup_size(threads)
fn bias_gradient(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = (workgroup.x + params.first_workgroup) * threads + thread;
  if (at >= params.length) {
    return;
  }
  var sum = 0.0;
  for (var row = 0u; row < params.rows; row++) {
    sum += values[row * params.stride + params.start + at];
  }
  gradient[at] = select(0.0, gradient[at], params.later != 0u) + sum / f32(params.divisor);
}
