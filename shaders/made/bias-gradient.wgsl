// Gradient of -log p by a hidden layer's biases: the sum over images and orders of error_k.
// Reference: backPropagate in src/models/made/reference.ts. Grid: x = ceil(hidden / 64), one thread a unit.
#include "made/lib/shape.wgsl"

@group(0) @binding(1) var<storage, read> errors: array<f32>; // [orders, images, hidden]
@group(0) @binding(2) var<storage, read_write> gradient: array<f32>; // [hidden]

const threads = 64u;

@compute @workgroup_size(threads)
fn bias_gradient(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let unit = (workgroup.x + params.first_workgroup) * threads + thread;
  if (unit >= params.hidden) {
    return;
  }
  var sum = 0.0;
  for (var row = 0u; row < params.orders * params.images; row++) {
    sum += errors[row * params.hidden + unit];
  }
  gradient[unit] = sum;
}
