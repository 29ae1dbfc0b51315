// The logits of p(x_i = 1 | x_<i) themselves.
// Reference: logits in src/models/fvsbn/reference.ts. Grid and inputs: fvsbn/lib/logits.wgsl.
#include "fvsbn/lib/logits.wgsl"

@group(0) @binding(4) var<storage, read_write> out: array<f32>; // [images, pixels]

fn write_four(image: u32, pixel: u32, logits: vec4<f32>) {
  if (image >= params.images) {
    return;
  }
  for (var c = 0u; c < 4u; c++) {
    if (pixel + c < params.pixels) {
      out[image * params.pixels + pixel + c] = logits[c];
    }
  }
}

@compute @workgroup_size(threads)
fn conditional_logits(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tile_of(workgroup.x + params.first_workgroup);
  let place = place_of(tile, thread);
  var logits = logits_of(tile, place, thread);
  for (var half = 0u; half < 2u; half++) {
    stash(&logits, half, thread);
    for (var own = 0u; own < 8u; own++) {
      write_four(place.image + own, place.pixel_low + 32u * half, stashed(own, thread));
    }
  }
}
