// The derivative of the loss by the logits, delta_i = sigmoid(logit_i) - t_i, t being the targets, and minus the loss (as in
// nade/score.wgsl).
// Reference: gradient in src/models/nade/reference.ts. Grid and inputs: nade/lib/outputs.wgsl.
#include "nade/lib/outputs.wgsl"
#include "nade/lib/likelihood.wgsl"
#include "lib/targets.wgsl"

@group(0) @binding(7) var<storage, read_write> delta: array<f32>; // [ceil(all_images / 4), pixels, 4 images]
@group(0) @binding(8) var<storage, read> targets: array<u32>; // [all_images, ceil(pixels / 4)]

// Returns log p of the thread's pixel in one of its images. Images beyond the last of the tile get 0.
fn write_delta_of(place: Place, own: u32, logit: f32, thread: u32) -> f32 {
  let pixel = place.word * 32u + own_pixel(thread);
  if (pixel >= params.pixels) {
    return 0.0;
  }
  let image = params.first_image + place.image + own;
  let ink = target_of(min(image, params.all_images - 1u), pixel, params.pixels);
  let inside = place.image + own < params.images;
  delta[(image / 4u * params.pixels + pixel) * 4u + own] = select(0.0, sigmoid(logit) - ink, inside);
  return expected_log_bernoulli(logit, ink);
}

@compute @workgroup_size(threads)
fn write_delta(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of(workgroup.x + params.first_workgroup);
  read_logits(place, thread);
  let two = own_logits(thread);
  let image = own_image(thread);
  let log_p = vec2<f32>(
    write_delta_of(place, image, two.x, thread),
    write_delta_of(place, image + 1u, two.y, thread),
  );
  write_partial(place, thread, log_p);
}
