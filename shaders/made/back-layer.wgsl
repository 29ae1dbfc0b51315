// Errors of a hidden layer with another behind it: of units above 0, the sum over units k that see unit j of
// error_k w(j -> k).
// Reference: backPropagate in src/models/made/reference.ts. Grid: x = orders * ceil(images / tile_rows) * ceil(hidden / tile_columns).
#include "made/lib/tile.wgsl"

@group(0) @binding(2) var<storage, read> errors_above: array<f32>; // [orders, images, hidden]
@group(0) @binding(3) var<storage, read> weight: array<f32>; // [hidden, hidden], from this layer to the one above
@group(0) @binding(4) var<storage, read> units: array<f32>; // [orders, images, hidden]
@group(0) @binding(5) var<storage, read_write> errors: array<f32>; // [orders, images, hidden]

const left_along_inner = true;
const right_along_inner = true;

fn left_of(image: u32, above: u32) -> f32 {
  return select(0.0, errors_above[row_of(order_at_work, image) * params.hidden + above], image < params.images);
}

fn right_of(above: u32, unit: u32) -> f32 {
  let seen = unit < params.hidden && above >= first_above(unit);
  return select(0.0, weight[unit * params.hidden + above], seen);
}

@compute @workgroup_size(threads)
fn back_layer(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tile_of(workgroup.x + params.first_workgroup, params.hidden);
  order_at_work = tile.order;
  var sum = product(tile.image, tile.column, first_above(tile.column), params.hidden, thread);
  for (var half = 0u; half < halves(); half++) {
    stash(&sum, half, thread);
    for (var own = 0u; own < own_rows(); own++) {
      let image = tile.image + own_row(thread) + own;
      let four = stashed(own, thread);
      for (var c = 0u; c < 4u; c++) {
        let unit = tile.column + own_column(half, thread) + c;
        if (image < params.images && unit < params.hidden) {
          let at = row_of(tile.order, image) * params.hidden + unit;
          errors[at] = select(0.0, four[c], units[at] > 0.0);
        }
      }
    }
  }
}
