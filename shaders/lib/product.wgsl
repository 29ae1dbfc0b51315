// A tile of a matrix product, sum over inner of left(row, inner) right(inner, column), by a workgroup: 64 rows by 64 columns by 64
// threads, each of which owns 8 by 8, or 32 by 32 and 4 by 4; `inner` goes by in slabs of 16. Where tiles are few (src/gpu/tiles.ts says when),
// 256 threads share one of 32 by 32: four slices of 64 threads take a quarter of `inner` each, in slabs of 8, and add their sums at the end, in
// a fixed order; a thread then owns 4 columns of a row. The including kernel says what the matrices are:
//
//   fn left_of(row: u32, inner: u32) -> f32       0 beyond the last row
//   fn right_of(inner: u32, column: u32) -> f32   0 beyond the last column and where a mask says so
//   const left_along_inner: bool                  neighbours in memory are those along `inner`, rather than along rows
//   const right_along_inner: bool                 the same, rather than along columns
//
// and reads the sums four columns at a time: `stash` one of the `halves()` of them, then `stashed` for each of the thread's `own_rows()`.
#include "lib/tile-size.wgsl"
#include "lib/product-sums.wgsl"

override threads: u32 = 64u; // or 256, of tiles of 32
const slice_threads = 64u;

var<workgroup> slabs: array<vec4<f32>, 512>; // [slices], each left [depth, vectors of rows] and right [depth, vectors of columns]

// Of a thread's row r: 4 columns from `own_column` at 2 r, 4 columns 32 further on at 2 r + 1; of a tile of 32, 4 columns at r. Indexed
// by numbers written out only, so that all of it stays in registers.
alias Sums = array<vec4<f32>, 16>;

// Numbers of `inner` in a slab.
fn depth() -> u32 {
  return select(16u, 8u, threads > slice_threads);
}

// Rows of the tile that a thread owns.
fn own_rows() -> u32 {
  return tile_rows * 8u / threads;
}

// The first of them in the tile.
fn own_row(thread: u32) -> u32 {
  return (thread >> 3u) * own_rows();
}

// Runs of 32 columns of the tile, in each of which a thread owns 4.
fn halves() -> u32 {
  return tile_columns / 32u;
}

// The first of a thread's 4 columns in the tile, of the low (0) or high (1) half.
fn own_column(half: u32, thread: u32) -> u32 {
  return (thread & 7u) * 4u + 32u * half;
}

fn four_left(row: u32, inner: u32) -> vec4<f32> {
  return vec4<f32>(
    left_of(row, inner),
    left_of(row + 1u, inner),
    left_of(row + 2u, inner),
    left_of(row + 3u, inner),
  );
}

fn four_right(inner: u32, column: u32) -> vec4<f32> {
  return vec4<f32>(
    right_of(inner, column),
    right_of(inner, column + 1u),
    right_of(inner, column + 2u),
    right_of(inner, column + 3u),
  );
}

// Over `inner` from `begin` to `end` - 1. Barriers inside: to be called by every thread of the workgroup.
fn product(first_row: u32, first_column: u32, begin: u32, end: u32, thread: u32) -> Sums {
  var sum: Sums;
  let own = thread % slice_threads;
  let slice = thread / slice_threads;
  let row = own >> 3u;
  let column = own & 7u;
  let fours = tile_rows / 4u;
  let left_slab = slice * 2u * depth() * fours;
  let right_slab = left_slab + depth() * fours;
  // All slices go through as many slabs, so that they meet at every barrier.
  let together = depth() * (threads / slice_threads);
  let rounds = (max(end, begin) - begin + together - 1u) / together;
  for (var round = 0u; round < rounds; round++) {
    let inner = begin + (slice * rounds + round) * depth();
    for (var slot = own; slot < depth() * fours; slot += slice_threads) {
      let left_inner = select(slot / fours, slot % depth(), left_along_inner);
      let left_four = select(slot % fours, slot / depth(), left_along_inner);
      let left = four_left(first_row + 4u * left_four, inner + left_inner);
      // Reads outside a buffer give some other element of it, which select drops.
      slabs[left_slab + left_inner * fours + left_four] = select(vec4<f32>(), left, inner + left_inner < end);
      let right_inner = select(slot / fours, slot % depth(), right_along_inner);
      let right_four = select(slot % fours, slot / depth(), right_along_inner);
      let right = four_right(inner + right_inner, first_column + 4u * right_four);
      slabs[right_slab + right_inner * fours + right_four] = select(vec4<f32>(), right, inner + right_inner < end);
    }
    workgroupBarrier();
    if (tile_rows == 32u) {
      for (var k = 0u; k < depth(); k++) {
        let left = slabs[left_slab + k * 8u + row];
        let right = slabs[right_slab + k * 8u + column];
        sum[0] += left.x * right;
        sum[1] += left.y * right;
        sum[2] += left.z * right;
        sum[3] += left.w * right;
      }
    } else {
      for (var k = 0u; k < depth(); k++) {
        let left_low = slabs[left_slab + k * 16u + 2u * row];
        let left_high = slabs[left_slab + k * 16u + 2u * row + 1u];
        let right_low = slabs[right_slab + k * 16u + column];
        let right_high = slabs[right_slab + k * 16u + 8u + column];
        sum[0] += left_low.x * right_low;
        sum[1] += left_low.x * right_high;
        sum[2] += left_low.y * right_low;
        sum[3] += left_low.y * right_high;
        sum[4] += left_low.z * right_low;
        sum[5] += left_low.z * right_high;
        sum[6] += left_low.w * right_low;
        sum[7] += left_low.w * right_high;
        sum[8] += left_high.x * right_low;
        sum[9] += left_high.x * right_high;
        sum[10] += left_high.y * right_low;
        sum[11] += left_high.y * right_high;
        sum[12] += left_high.z * right_low;
        sum[13] += left_high.z * right_high;
        sum[14] += left_high.w * right_low;
        sum[15] += left_high.w * right_high;
      }
    }
    workgroupBarrier();
  }
  if (threads > slice_threads) {
    sum[0] = sum_of_slices(&sum, thread);
  }
  return sum;
}
