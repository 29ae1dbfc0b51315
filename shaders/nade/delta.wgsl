// The derivative of the loss by the logits, delta_i = sigmoid(logit_i) - t_i, t being the targets, and minus the loss (as in
// nade/score.wgsl).
// Reference: gradient in src/models/nade/reference.ts. Grid and inputs: nade/lib/outputs.wgsl.
#include "nade/lib/outputs.wgsl"
#include "nade/lib/likelihood.wgsl"
#include "lib/targets.wgsl"

@group(0) @binding(7) var<storage, read_write> delta: array<f32>; // [all_images, pixels]
@group(0) @binding(8) var<storage, read> targets: array<u32>; // [all_images, ceil(pixels / 4)]

@compute @workgroup_size(threads)
fn write_delta(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of(workgroup.x + params.first_workgroup);
  read_logits(place, thread);
  let image = place.image + (thread & 3u);
  let pixel = place.word * 32u + own_pixel(thread);
  var log_p = 0.0;
  if (image < params.images && pixel < params.pixels) {
    let ink = target_of(params.first_image + image, pixel, params.pixels);
    log_p = expected_log_bernoulli(own_logit(thread), ink);
    delta[(params.first_image + image) * params.pixels + pixel] = sigmoid(own_logit(thread)) - ink;
  }
  write_partial(place, thread, log_p);
}
