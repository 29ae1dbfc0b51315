// The derivative of -log p by the logits, delta_i = sigmoid(logit_i) - x_i, and log p itself (as in nade/score.wgsl).
// Reference: gradient in src/models/nade/reference.ts. Grid and inputs: nade/lib/outputs.wgsl.
#include "nade/lib/outputs.wgsl"
#include "nade/lib/likelihood.wgsl"

@group(0) @binding(7) var<storage, read_write> delta: array<f32>; // [all_images, pixels]

@compute @workgroup_size(threads)
fn write_delta(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of(workgroup.x + params.first_workgroup);
  read_logits(place, thread);
  let image = place.image + (thread & 3u);
  let pixel = place.word * 32u + own_pixel(thread);
  if (image < params.images && pixel < params.pixels) {
    let x = select(0.0, 1.0, own_on(place, thread));
    delta[(params.first_image + image) * params.pixels + pixel] = sigmoid(own_logit(thread)) - x;
  }
  write_partial(place, thread);
}
