// Gradient of -log p by the first layer's weights, of one order: dw(pixel of t -> k) = sum over images of x_t error_k for
// units k that see place t. The first order writes, further ones add.
// Reference: backPropagate in src/models/made/reference.ts. Grid: x = ceil(pixels / tile_rows) * ceil(hidden / tile_columns).
#include "made/lib/corner.wgsl"
#include "made/lib/add-gradient.wgsl"
#include "made/lib/places.wgsl"

@group(0) @binding(2) var<storage, read> places: array<u32>; // [orders, images, words_per_image]
@group(0) @binding(3) var<storage, read> errors: array<f32>; // [orders, images, hidden]
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>; // [pixels, hidden]

fn left_of(place: u32, image: u32) -> f32 {
  return select(0.0, 1.0, place < params.pixels && is_on(params.order, image, place));
}

fn right_of(image: u32, unit: u32) -> f32 {
  return select(0.0, errors[(params.order * params.images + image) * params.hidden + unit], unit < params.hidden);
}

fn joined(place: u32, unit: u32) -> bool {
  return unit >= units_below(place);
}

@compute @workgroup_size(threads)
fn gradient_first(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let corner = corner_of(workgroup.x + params.first_workgroup, params.hidden);
  let anything = min(corner.y + tile_columns, params.hidden) > units_below(corner.x);
  var sum = product(corner.x, corner.y, 0u, select(0u, params.images, anything), thread);
  add_gradient(corner, &sum, thread);
}
