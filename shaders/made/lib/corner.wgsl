// Tiles of a gradient of weights: rows are inputs (places or units), columns `width` units or places, and the sum goes over images.
#include "made/lib/shape.wgsl"
#include "made/lib/plan.wgsl"
#include "lib/product.wgsl"

const left_along_inner = false;
const right_along_inner = false;

// First row and column of a workgroup's tile. Column tiles of a row of tiles follow each other.
fn corner_of(workgroup: u32, width: u32) -> vec2<u32> {
  let tiles = (width + tile_columns - 1u) / tile_columns;
  return vec2<u32>(workgroup / tiles * tile_rows, workgroup % tiles * tile_columns);
}
