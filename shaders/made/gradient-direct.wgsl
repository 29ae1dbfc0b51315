// Gradient of -log p by the direct weights, of one order: dd(pixel of s -> pixel of t) = sum over images of x_s share delta_t for places t
// behind s. The first order writes, further ones add.
// Reference: backPropagate in src/models/made/reference.ts. Grid: x = ceil(pixels / tile_rows) * ceil(pixels / tile_columns).
#include "made/lib/corner.wgsl"
#include "made/lib/places.wgsl"

@group(0) @binding(2) var<storage, read> places: array<u32>; // [orders, images, words_per_image]
@group(0) @binding(3) var<storage, read> delta: array<f32>; // [orders, images, pixels], by place
@group(0) @binding(4) var<storage, read> shares: array<f32>; // [orders, images], over the images of the batch
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>; // [pixels, pixels]

fn left_of(before: u32, image: u32) -> f32 {
  return select(0.0, 1.0, before < params.pixels && is_on(params.order, image, before));
}

fn right_of(image: u32, place: u32) -> f32 {
  let row = params.order * params.images + image;
  return select(0.0, shares[row] * delta[row * params.pixels + place], place < params.pixels);
}

@compute @workgroup_size(threads)
fn gradient_direct(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let corner = corner_of(workgroup.x + params.first_workgroup, params.pixels);
  let anything = min(corner.y + tile_columns, params.pixels) > corner.x + 1u;
  var sum = product(corner.x, corner.y, 0u, select(0u, params.images, anything), thread);
  for (var half = 0u; half < halves(); half++) {
    stash(&sum, half, thread);
    for (var own = 0u; own < own_rows(); own++) {
      let before = corner.x + own_row(thread) + own;
      let four = stashed(own, thread);
      for (var c = 0u; c < 4u; c++) {
        let place = corner.y + own_column(half, thread) + c;
        if (before < params.pixels && place < params.pixels) {
          let at = pixel_of(params.order, before) * params.pixels + pixel_of(params.order, place);
          let earlier = select(gradient[at], 0.0, params.order == 0u);
          gradient[at] = earlier + select(0.0, four[c], before < place);
        }
      }
    }
  }
}
