// product = left right, of square matrices of `side` rows: what the bench measures the device's arithmetic by.
// Reference: ThreadProduct in src/engine/backends/cpu/product.ts. Grid: x = ceil(side / tile_rows) * ceil(side / tile_columns).
#include "lib/product.wgsl"

struct Params {
  side: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<f32>; // [side, side]
@group(0) @binding(2) var<storage, read> right: array<f32>; // [side, side]
@group(0) @binding(3) var<storage, read_write> product_of_both: array<f32>; // [side, side]

const left_along_inner = true;
const right_along_inner = false;

fn left_of(row: u32, inner: u32) -> f32 {
  return select(0.0, left[row * params.side + inner], row < params.side);
}

fn right_of(inner: u32, column: u32) -> f32 {
  return select(0.0, right[inner * params.side + column], column < params.side);
}

@compute @workgroup_size(threads)
fn multiply(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tiles = (params.side + tile_columns - 1u) / tile_columns;
  let tile = workgroup.x + params.first_workgroup;
  let first_row = (tile / tiles) * tile_rows;
  let first_column = (tile % tiles) * tile_columns;
  var sum = product(first_row, first_column, 0u, params.side, thread);
  for (var half = 0u; half < halves(); half++) {
    stash(&sum, half, thread);
    let column = first_column + own_column(half, thread);
    for (var own = 0u; own < own_rows(); own++) {
      let row = first_row + own_row(thread) + own;
      let four = stashed(own, thread);
      for (var i = 0u; i < 4u; i++) {
        if (row < params.side && column + i < params.side) {
          product_of_both[row * params.side + column + i] = four[i];
        }
      }
    }
  }
}
