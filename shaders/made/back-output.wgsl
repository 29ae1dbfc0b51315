// Errors of the last hidden layer: of units above 0, the share of the order times the sum over places t that see unit k of
// delta_t v(k -> pixel of t).
// Reference: backPropagate in src/models/made/reference.ts. Grid: x = orders * ceil(images / tile_rows) * ceil(hidden / tile_columns).
#include "made/lib/tile.wgsl"

@group(0) @binding(2) var<storage, read> delta: array<f32>; // [orders, images, pixels], by place
@group(0) @binding(3) var<storage, read> output: array<f32>; // [pixels, hidden]
@group(0) @binding(4) var<storage, read> shares: array<f32>; // [orders, images]
@group(0) @binding(5) var<storage, read> units: array<f32>; // [orders, images, hidden]
@group(0) @binding(6) var<storage, read_write> errors: array<f32>; // [orders, images, hidden]

const left_along_inner = true;
const right_along_inner = false;

fn left_of(image: u32, place: u32) -> f32 {
  return select(0.0, delta[row_of(order_at_work, image) * params.pixels + place], image < params.images);
}

fn right_of(place: u32, unit: u32) -> f32 {
  let seen = unit < min(units_below(place), params.hidden);
  return select(0.0, output[pixel_of(order_at_work, place) * params.hidden + unit], seen);
}

@compute @workgroup_size(threads)
fn back_output(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tile_of(workgroup.x + params.first_workgroup, params.hidden);
  order_at_work = tile.order;
  var sum = product(tile.image, tile.column, degree_of(tile.column) + 1u, params.pixels, thread);
  for (var half = 0u; half < halves(); half++) {
    stash(&sum, half, thread);
    for (var own = 0u; own < own_rows(); own++) {
      let image = tile.image + own_row(thread) + own;
      let four = stashed(own, thread);
      for (var c = 0u; c < 4u; c++) {
        let unit = tile.column + own_column(half, thread) + c;
        if (image < params.images && unit < params.hidden) {
          let row = row_of(tile.order, image);
          let at = row * params.hidden + unit;
          errors[at] = select(0.0, shares[row] * four[c], units[at] > 0.0);
        }
      }
    }
  }
}
