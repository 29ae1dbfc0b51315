// The first hidden layer, relu(bias_k + sum over places t that unit k sees of x_t w(pixel of t -> k)), in every order.
// Reference: passThrough in src/models/made/reference.ts. Grid: x = orders * ceil(images / tile_rows) * ceil(hidden / tile_columns).
#include "made/lib/tile.wgsl"
#include "made/lib/write-units.wgsl"
#include "made/lib/places.wgsl"

@group(0) @binding(2) var<storage, read> places: array<u32>; // [orders, images, words_per_image]
@group(0) @binding(3) var<storage, read> weight: array<f32>; // [pixels, hidden]

const left_along_inner = true;
const right_along_inner = false;

fn left_of(image: u32, place: u32) -> f32 {
  return select(0.0, 1.0, image < params.images && is_on(order_at_work, image, place));
}

fn right_of(place: u32, unit: u32) -> f32 {
  let seen = unit >= units_below(place) && unit < params.hidden;
  return select(0.0, weight[pixel_of(order_at_work, place) * params.hidden + unit], seen);
}

@compute @workgroup_size(threads)
fn first_layer(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tile_of(workgroup.x + params.first_workgroup, params.hidden);
  order_at_work = tile.order;
  let end = min(params.pixels, degree_of(last_column(tile, params.hidden)) + 1u);
  var sum = product(tile.image, tile.column, 0u, end, thread);
  write_units(tile, &sum, thread);
}
