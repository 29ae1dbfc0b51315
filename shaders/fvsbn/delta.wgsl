// The derivative of -log p by the logits, delta_i = sigmoid(logit_i) - x_i, and log p itself (as in fvsbn/score.wgsl).
// Reference: gradient in src/models/fvsbn/reference.ts. Grid and inputs: fvsbn/lib/logits.wgsl.
#include "fvsbn/lib/logits.wgsl"
#include "fvsbn/lib/likelihood.wgsl"

@group(0) @binding(5) var<storage, read_write> delta: array<f32>; // [images, pixels]

fn write_four(image: u32, pixel: u32, logits: vec4<f32>, x: vec4<f32>) {
  if (image >= params.images) {
    return;
  }
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
  var logits = logits_of(tile, place, thread);
  for (var half = 0u; half < 2u; half++) {
    stash(&logits, half, thread);
    for (var own = 0u; own < 8u; own++) {
      let four = stashed(own, thread);
      let pixel = place.pixel_low + 32u * half;
      let x = pixels_of(place.image + own, pixel);
      add_log_likelihood(place, own, half, four, x);
      write_four(place.image + own, pixel, four, x);
    }
  }
  write_partial(tile, thread);
}
