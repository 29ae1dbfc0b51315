// Logits of a tile of images by places in one order, base + sum over units k of a degree below the place of
// h_k v(k -> pixel of the place). Included by score, conditional-logits and delta, which differ in what they do with them.
// Reference: passThrough in src/models/made/reference.ts. Grid: x = orders * ceil(images / tile_rows) * ceil(pixels / tile_columns).
#include "lib/math.wgsl"
#include "made/lib/tile.wgsl"

@group(0) @binding(2) var<storage, read> units: array<f32>; // [orders, images, hidden], the last layer
@group(0) @binding(3) var<storage, read> output: array<f32>; // [pixels, hidden]
@group(0) @binding(4) var<storage, read> base: array<f32>; // [orders, images, pixels], by place: see made/base.wgsl

const left_along_inner = true;
const right_along_inner = true;

fn left_of(image: u32, unit: u32) -> f32 {
  return select(0.0, units[row_of(order_at_work, image) * params.hidden + unit], image < params.images);
}

fn right_of(unit: u32, place: u32) -> f32 {
  let seen = place > degree_of(unit) && place < params.pixels;
  return select(0.0, output[pixel_of(order_at_work, place) * params.hidden + unit], seen);
}

// Without the base. Barriers inside: to be called by every thread of the workgroup.
fn weighted(tile: Tile, thread: u32) -> Sums {
  order_at_work = tile.order;
  let end = units_below(last_column(tile, params.pixels));
  return product(tile.image, tile.column, 0u, end, thread);
}
