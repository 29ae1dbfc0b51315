// The derivative of the loss by the logits, delta_i = sigmoid(logit_i) - t_i, t being the targets, and minus the loss (as in
// fvsbn/score.wgsl).
// Reference: gradient in src/models/fvsbn/reference.ts. Grid and inputs: fvsbn/lib/logits.wgsl.
#include "fvsbn/lib/logits.wgsl"
#include "fvsbn/lib/likelihood.wgsl"
#include "lib/targets.wgsl"

@group(0) @binding(5) var<storage, read_write> delta: array<f32>; // [images, pixels]
@group(0) @binding(6) var<storage, read> targets: array<u32>; // [images, ceil(pixels / 4)]

// Images and pixels beyond the last repeat the last; what is made of them is not kept.
fn four_targets(image: u32, pixel: u32) -> vec4<f32> {
  let row = min(image, params.images - 1u);
  let last = params.pixels - 1u;
  return vec4<f32>(
    target_of(row, min(pixel, last), params.pixels),
    target_of(row, min(pixel + 1u, last), params.pixels),
    target_of(row, min(pixel + 2u, last), params.pixels),
    target_of(row, min(pixel + 3u, last), params.pixels),
  );
}

fn write_four(image: u32, pixel: u32, logits: vec4<f32>, ink: vec4<f32>) {
  if (image >= params.images) {
    return;
  }
  for (var c = 0u; c < 4u; c++) {
    if (pixel + c < params.pixels) {
      delta[image * params.pixels + pixel + c] = sigmoid(logits[c]) - ink[c];
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
      let ink = four_targets(place.image + own, pixel);
      add_log_likelihood(place, own, half, four, ink);
      write_four(place.image + own, pixel, four, ink);
    }
  }
  write_partial(tile, thread);
}
