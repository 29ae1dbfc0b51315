// A further hidden layer, relu(bias_k + sum over units j that unit k sees of h_j w(j -> k)), in every order.
// Reference: passThrough in src/models/made/reference.ts. Grid: x = orders * ceil(images / tile_rows) * ceil(hidden / tile_columns).
#include "made/lib/tile.wgsl"
#include "made/lib/write-units.wgsl"

@group(0) @binding(2) var<storage, read> below: array<f32>; // [orders, images, hidden], the layer before
@group(0) @binding(3) var<storage, read> weight: array<f32>; // [hidden, hidden]

const left_along_inner = true;
const right_along_inner = false;

fn left_of(image: u32, input: u32) -> f32 {
  return select(0.0, below[row_of(order_at_work, image) * params.hidden + input], image < params.images);
}

fn right_of(input: u32, unit: u32) -> f32 {
  let seen = unit >= first_above(input) && unit < params.hidden;
  return select(0.0, weight[input * params.hidden + unit], seen);
}

@compute @workgroup_size(threads)
fn further_layer(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tile_of(workgroup.x + params.first_workgroup, params.hidden);
  order_at_work = tile.order;
  let end = units_below(degree_of(last_column(tile, params.hidden)) + 1u);
  var sum = product(tile.image, tile.column, 0u, end, thread);
  write_units(tile, &sum, thread);
}
