// Tiles of a product whose rows are the images of one order after the other, and whose columns are `width` units or places.
#include "made/lib/shape.wgsl"
#include "made/lib/plan.wgsl"
#include "lib/product.wgsl"

// Which tile a workgroup works on: its first image, its first column.
struct Tile {
  order: u32,
  image: u32,
  column: u32,
}

// For left_of and right_of, which only get numbers inside the product.
var<private> order_at_work: u32;

fn tile_of(workgroup: u32, width: u32) -> Tile {
  let tiles = (width + tile_columns - 1u) / tile_columns;
  // From both ends in turns: sums grow or shrink with the column, and every run of workgroups then takes about equally long.
  let turn = workgroup % tiles;
  let column = select(turn / 2u, tiles - 1u - turn / 2u, turn % 2u == 0u);
  let images = (params.images + tile_rows - 1u) / tile_rows;
  let rest = workgroup / tiles;
  return Tile(rest / images, (rest % images) * tile_rows, column * tile_columns);
}

// The last column of a tile that exists.
fn last_column(tile: Tile, width: u32) -> u32 {
  return min(tile.column + tile_columns, width) - 1u;
}

fn row_of(order: u32, image: u32) -> u32 {
  return order * params.images + image;
}
