// The derivative of -log p by the logits, delta_i = sigmoid(logit_i) - x_i, and log p itself (as in fvsbn/score.wgsl).
// Reference: gradient in src/models/fvsbn/reference.ts. Grid and inputs: fvsbn/logits.wgsl.
#include "fvsbn/logits.wgsl"
#include "fvsbn/likelihood.wgsl"

@group(0) @binding(5) var<storage, read_write> delta: array<f32>; // [images, pixels]

fn write_four(image: u32, pixel: u32, logits: vec4<f32>) {
  if (image >= params.images) {
    return;
  }
  let x = pixels_of(image, pixel);
  for (var c = 0u; c < 4u; c++) {
    if (pixel + c < params.pixels) {
      delta[image * params.pixels + pixel + c] = sigmoid(logits[c]) - x[c];
    }
  }
}

@compute @workgroup_size(threads)
fn write_delta(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tile_of(workgroup.x + params.first_workgroup);
  let place = place_of(tile, thread);
  let logits = logits_of(tile, place, thread);
  write_four(place.image, place.pixel_low, logits.low_0);
  write_four(place.image, place.pixel_low + 32u, logits.high_0);
  write_four(place.image + 1u, place.pixel_low, logits.low_1);
  write_four(place.image + 1u, place.pixel_low + 32u, logits.high_1);
  write_four(place.image + 2u, place.pixel_low, logits.low_2);
  write_four(place.image + 2u, place.pixel_low + 32u, logits.high_2);
  write_four(place.image + 3u, place.pixel_low, logits.low_3);
  write_four(place.image + 3u, place.pixel_low + 32u, logits.high_3);
  write_partial(tile, place, thread, logits);
}
