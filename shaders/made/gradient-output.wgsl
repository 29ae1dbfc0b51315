// Gradient of -log p by the output weights, of one order: dv(k -> pixel of t) = sum over images of share delta_t h_k for
// units k of a degree below t. The first order writes, further ones add.
// Reference: backPropagate in src/models/made/reference.ts. Grid: x = ceil(pixels / tile_rows) * ceil(hidden / tile_columns).
#include "made/lib/corner.wgsl"
#include "made/lib/add-gradient.wgsl"

@group(0) @binding(2) var<storage, read> delta: array<f32>; // [orders, images, pixels], by place
@group(0) @binding(3) var<storage, read> shares: array<f32>; // [orders, images], over the images of the batch
@group(0) @binding(4) var<storage, read> units: array<f32>; // [orders, images, hidden]
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>; // [pixels, hidden]

fn left_of(place: u32, image: u32) -> f32 {
  let row = params.order * params.images + image;
  return select(0.0, shares[row] * delta[row * params.pixels + place], place < params.pixels);
}

fn right_of(image: u32, unit: u32) -> f32 {
  return select(0.0, units[(params.order * params.images + image) * params.hidden + unit], unit < params.hidden);
}

fn joined(place: u32, unit: u32) -> bool {
  return place > degree_of(unit);
}

@compute @workgroup_size(threads)
fn gradient_output(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let corner = corner_of(workgroup.x + params.first_workgroup, params.hidden);
  let anything = min(corner.x + tile_rows, params.pixels) - 1u > degree_of(corner.y);
  var sum = product(corner.x, corner.y, 0u, select(0u, params.images, anything), thread);
  add_gradient(corner, &sum, thread);
}
