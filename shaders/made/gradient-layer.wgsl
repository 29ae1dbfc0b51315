// Gradient of -log p by the weights between hidden layers: dw(j -> k) = sum over images and orders of h_j error_k for units k
// that see unit j.
// Reference: backPropagate in src/models/made/reference.ts. Grid: x = ceil(hidden / tile_rows)^2.
#include "made/lib/corner.wgsl"

@group(0) @binding(2) var<storage, read> units: array<f32>; // [orders, images, hidden], of the inputs
@group(0) @binding(3) var<storage, read> errors: array<f32>; // [orders, images, hidden], of the outputs
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>; // [hidden, hidden]

fn left_of(input: u32, row: u32) -> f32 {
  return select(0.0, units[row * params.hidden + input], input < params.hidden);
}

fn right_of(row: u32, unit: u32) -> f32 {
  return select(0.0, errors[row * params.hidden + unit], unit < params.hidden);
}

@compute @workgroup_size(threads)
fn gradient_layer(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let corner = corner_of(workgroup.x + params.first_workgroup, params.hidden);
  let anything = min(corner.y + tile_columns, params.hidden) > first_above(corner.x);
  let rows = params.orders * params.images;
  var sum = product(corner.x, corner.y, 0u, select(0u, rows, anything), thread);
  for (var half = 0u; half < halves(); half++) {
    stash(&sum, half, thread);
    for (var own = 0u; own < own_rows(); own++) {
      let input = corner.x + own_row(thread) + own;
      let four = stashed(own, thread);
      for (var c = 0u; c < 4u; c++) {
        let unit = corner.y + own_column(half, thread) + c;
        if (input < params.hidden && unit < params.hidden) {
          gradient[input * params.hidden + unit] = select(0.0, four[c], unit >= first_above(input));
        }
      }
    }
  }
}
