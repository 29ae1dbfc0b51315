// What the logit of every place has without the hidden units: its bias and, with direct connections, the sum over places t before it that
// are on of d(pixel of t -> its pixel).
// Reference: passThrough in src/models/made/reference.ts. Grid: x = orders * ceil(images / tile_rows) * ceil(pixels / tile_columns).
#include "made/lib/tile.wgsl"
#include "made/lib/places.wgsl"

@group(0) @binding(2) var<storage, read> places: array<u32>; // [orders, images, words_per_image]
@group(0) @binding(3) var<storage, read> direct: array<f32>; // [pixels, pixels]; read where there are such connections
@group(0) @binding(4) var<storage, read> output_bias: array<f32>; // [pixels]
@group(0) @binding(5) var<storage, read_write> base: array<f32>; // [orders, images, pixels], by place

const left_along_inner = true;
const right_along_inner = false;

fn left_of(image: u32, place: u32) -> f32 {
  return select(0.0, 1.0, image < params.images && is_on(order_at_work, image, place));
}

fn right_of(before: u32, place: u32) -> f32 {
  let seen = before < place && place < params.pixels;
  let at = pixel_of(order_at_work, before) * params.pixels + pixel_of(order_at_work, place);
  return select(0.0, direct[at], seen);
}

@compute @workgroup_size(threads)
fn write_base(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tile_of(workgroup.x + params.first_workgroup, params.pixels);
  order_at_work = tile.order;
  let end = select(0u, last_column(tile, params.pixels), params.direct == 1u);
  var sum = product(tile.image, tile.column, 0u, end, thread);
  for (var half = 0u; half < halves(); half++) {
    stash(&sum, half, thread);
    for (var own = 0u; own < own_rows(); own++) {
      let image = tile.image + own_row(thread) + own;
      let four = stashed(own, thread);
      for (var c = 0u; c < 4u; c++) {
        let place = tile.column + own_column(half, thread) + c;
        if (image < params.images && place < params.pixels) {
          base[row_of(tile.order, image) * params.pixels + place] = output_bias[pixel_of(tile.order, place)] + four[c];
        }
      }
    }
  }
}
