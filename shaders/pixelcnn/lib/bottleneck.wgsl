// The layers of a residual block on a tile of 16 x 4 positions: relu, 32 -> 16 channels, relu, 3x3 under mask B, both kept on
// chip. The first is computed for the tile and a rim of one position above, left and right.
//
// Grid: x = images * tiles workgroups of 64 threads, one a position.
#include "pixelcnn/lib/row-products.wgsl"

@group(0) @binding(1) var<storage, read> down: array<vec4<f32>>; // [blocks, 33, 4]
@group(0) @binding(2) var<storage, read> middle: array<vec4<f32>>; // [blocks, 145, 4]
@group(0) @binding(3) var<storage, read> up: array<vec4<f32>>; // [blocks, 17, 8]

const threads = 64u;
const tile_columns = 16u;
const tile_rows = 4u;
const rim_columns = 18u;
const rim_slots = 90u; // 5 rows

const middle_at = 132u; // in weight_tile, behind 33 rows of 4
const up_at = 456u; // behind 81 more
var<workgroup> weight_tile: array<vec4<f32>, 592>; // down [33, 4], middle [5 taps * 16 and biases, 4], up [17, 8]
var<workgroup> hidden_tile: array<vec4<f32>, 360>; // [4, rim_slots], after the relu

// Where a thread works.
struct Place {
  image: u32,
  row: u32,
  column: u32,
}

fn place_of(workgroup: u32, thread: u32) -> Place {
  let columns = (params.width + tile_columns - 1u) / tile_columns;
  let rows = (params.height + tile_rows - 1u) / tile_rows;
  let tile = workgroup % (columns * rows);
  return Place(
    workgroup / (columns * rows),
    (tile / columns) * tile_rows + thread / tile_columns,
    (tile % columns) * tile_columns + thread % tile_columns,
  );
}

fn is_inside(row: u32, column: u32) -> bool {
  return row < params.height && column < params.width;
}

fn load_weights(thread: u32) {
  for (var at = thread; at < middle_at; at += threads) {
    weight_tile[at] = down[params.block * 132u + at];
  }
  for (var at = thread; at < 324u; at += threads) {
    // Behind the 5 taps that mask B leaves come the biases.
    weight_tile[middle_at + at] = middle[params.block * 580u + select(at, at + 256u, at >= 320u)];
  }
  for (var at = thread; at < 136u; at += threads) {
    weight_tile[up_at + at] = up[params.block * 136u + at];
  }
}

// Fills hidden_tile. `corner` is the place of the tile's first position.
fn fill_hidden(corner: Place, thread: u32) {
  for (var slot = thread; slot < rim_slots; slot += threads) {
    // Unsigned numbers wrap around: what lies above or left of the grid is not inside either.
    let row = corner.row + slot / rim_columns - 1u;
    let column = corner.column + slot % rim_columns - 1u;
    var sum = Four();
    if (is_inside(row, column)) {
      let at = params.source + (corner.image * positions() + row * params.width + column) * 8u;
      sum = row_of(128u);
      for (var k = 0u; k < 8u; k++) {
        add_rows(&sum, relu(stream[at + k]), k * 16u, 4u);
      }
    }
    hidden_tile[slot] = relu(sum.a);
    hidden_tile[rim_slots + slot] = relu(sum.b);
    hidden_tile[2u * rim_slots + slot] = relu(sum.c);
    hidden_tile[3u * rim_slots + slot] = relu(sum.d);
  }
}

// The slot of tap number `tap` of a thread: three above, one to the left, its own.
fn slot_of(thread: u32, tap: u32) -> u32 {
  let above = (thread / tile_columns) * rim_columns + thread % tile_columns;
  return above + select(tap, tap + rim_columns - 3u, tap >= 3u);
}

// The 3x3 convolution for a thread's position, before its relu.
fn middle_of(thread: u32) -> Four {
  var sum = row_of(middle_at + 320u);
  for (var tap = 0u; tap < 5u; tap++) {
    let slot = slot_of(thread, tap);
    for (var k = 0u; k < 4u; k++) {
      add_rows(&sum, hidden_tile[k * rim_slots + slot], middle_at + tap * 64u + k * 16u, 4u);
    }
  }
  return sum;
}

// 16 of the 32 columns of the way up: `half` 0 or 1.
fn up_of(m: Four, half: u32) -> Four {
  var sum = row_of(up_at + 128u + 4u * half);
  add_rows(&sum, relu(m.a), up_at + 4u * half, 8u);
  add_rows(&sum, relu(m.b), up_at + 32u + 4u * half, 8u);
  add_rows(&sum, relu(m.c), up_at + 64u + 4u * half, 8u);
  add_rows(&sum, relu(m.d), up_at + 96u + 4u * half, 8u);
  return sum;
}
