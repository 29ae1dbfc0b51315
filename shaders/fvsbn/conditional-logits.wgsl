// The logits of p(x_i = 1 | x_<i) themselves.
// Reference: logits in src/models/fvsbn/reference.ts. Grid and inputs: fvsbn/logits.wgsl.
#include "fvsbn/logits.wgsl"

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
  let logits = logits_of(tile, place, thread);
  write_four(place.image, place.pixel_low, logits[0]);
  write_four(place.image, place.pixel_low + 32u, logits[1]);
  write_four(place.image + 1u, place.pixel_low, logits[2]);
  write_four(place.image + 1u, place.pixel_low + 32u, logits[3]);
  write_four(place.image + 2u, place.pixel_low, logits[4]);
  write_four(place.image + 2u, place.pixel_low + 32u, logits[5]);
  write_four(place.image + 3u, place.pixel_low, logits[6]);
  write_four(place.image + 3u, place.pixel_low + 32u, logits[7]);
  write_four(place.image + 4u, place.pixel_low, logits[8]);
  write_four(place.image + 4u, place.pixel_low + 32u, logits[9]);
  write_four(place.image + 5u, place.pixel_low, logits[10]);
  write_four(place.image + 5u, place.pixel_low + 32u, logits[11]);
  write_four(place.image + 6u, place.pixel_low, logits[12]);
  write_four(place.image + 6u, place.pixel_low + 32u, logits[13]);
  write_four(place.image + 7u, place.pixel_low, logits[14]);
  write_four(place.image + 7u, place.pixel_low + 32u, logits[15]);
}
