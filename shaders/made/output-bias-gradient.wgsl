// Gradient of -log p by the output biases, of one order: the sum over images of share delta. The first order writes, further
// ones add.
// Reference: backPropagate in src/models/made/reference.ts. Grid: x = ceil(pixels / 64), one thread a place.
#include "made/lib/shape.wgsl"
#include "made/lib/plan.wgsl"

@group(0) @binding(2) var<storage, read> delta: array<f32>; // [orders, images, pixels], by place
@group(0) @binding(3) var<storage, read> shares: array<f32>; // [orders, images]
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>; // [pixels]

const threads = 64u;

@compute @workgroup_size(threads)
fn output_bias_gradient(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = (workgroup.x + params.first_workgroup) * threads + thread;
  if (place >= params.pixels) {
    return;
  }
  let pixel = pixel_of(params.order, place);
  var sum = select(gradient[pixel], 0.0, params.order == 0u);
  for (var image = 0u; image < params.images; image++) {
    let row = params.order * params.images + image;
    sum += shares[row] * delta[row * params.pixels + place];
  }
  gradient[pixel] = sum;
}
