// A tile of a matrix product, sum over inner of left(row, inner) right(inner, column), by a workgroup of 64 threads: 64 rows by 64
// columns, of which a thread owns 8 by 8, or 32 by 32 and 4 by 4 (src/gpu/tiles.ts says when); `inner` goes by in slabs of 16. The
// including kernel says what the matrices are:
//
//   fn left_of(row: u32, inner: u32) -> f32       0 beyond the last row
//   fn right_of(inner: u32, column: u32) -> f32   0 beyond the last column and where a mask says so
//   const left_along_inner: bool                  neighbours in memory are those along `inner`, rather than along rows
//   const right_along_inner: bool                 the same, rather than along columns
//
// and reads the sums four columns at a time: `stash` one of the `halves()` of them, then `stashed` for each of the thread's `own_rows()`.
#include "lib/tile-size.wgsl"

const threads = 64u;

var<workgroup> slabs: array<vec4<f32>, 512>; // left [16 inner, vectors of rows], right [16 inner, vectors of columns] from 256 on

// Of a thread's row r: 4 columns from `own_column` at 2 r, 4 columns 32 further on at 2 r + 1; of a tile of 32, 4 columns at r. Indexed
// by numbers written out only, so that all of it stays in registers.
alias Sums = array<vec4<f32>, 16>;

// Rows of the tile that a thread owns.
fn own_rows() -> u32 {
  return tile_rows / 8u;
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
  let row = thread >> 3u;
  let column = thread & 7u;
  let fours = tile_rows / 4u;
  for (var inner = begin; inner < end; inner += 16u) {
    for (var slot = thread; slot < 16u * fours; slot += threads) {
      let left_inner = select(slot / fours, slot & 15u, left_along_inner);
      let left_four = select(slot % fours, slot >> 4u, left_along_inner);
      let left = four_left(first_row + 4u * left_four, inner + left_inner);
      // Reads outside a buffer give some other element of it, which select drops.
      slabs[left_inner * fours + left_four] = select(vec4<f32>(), left, inner + left_inner < end);
      let right_inner = select(slot / fours, slot & 15u, right_along_inner);
      let right_four = select(slot % fours, slot >> 4u, right_along_inner);
      let right = four_right(inner + right_inner, first_column + 4u * right_four);
      slabs[256u + right_inner * fours + right_four] = select(vec4<f32>(), right, inner + right_inner < end);
    }
    workgroupBarrier();
    if (tile_rows == 32u) {
      for (var k = 0u; k < 16u; k++) {
        let left = slabs[k * 8u + row];
        let right = slabs[256u + k * 8u + column];
        sum[0] += left.x * right;
        sum[1] += left.y * right;
        sum[2] += left.z * right;
        sum[3] += left.w * right;
      }
    } else {
      for (var k = 0u; k < 16u; k++) {
        let left_low = slabs[k * 16u + 2u * row];
        let left_high = slabs[k * 16u + 2u * row + 1u];
        let right_low = slabs[256u + k * 16u + column];
        let right_high = slabs[256u + k * 16u + 8u + column];
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
  return sum;
}

// Puts the low (0) or high (1) half of a thread's sums where `stashed` finds them, row by row: what is done with them
// is then a loop, and the code stays small. Threads read what they wrote themselves, so no barrier is needed.
fn stash(sum: ptr<function, Sums>, half: u32, thread: u32) {
  if (tile_rows == 32u) {
    slabs[0u + thread] = (*sum)[0];
    slabs[64u + thread] = (*sum)[1];
    slabs[128u + thread] = (*sum)[2];
    slabs[192u + thread] = (*sum)[3];
  } else if (half == 0u) {
    slabs[0u + thread] = (*sum)[0];
    slabs[64u + thread] = (*sum)[2];
    slabs[128u + thread] = (*sum)[4];
    slabs[192u + thread] = (*sum)[6];
    slabs[256u + thread] = (*sum)[8];
    slabs[320u + thread] = (*sum)[10];
    slabs[384u + thread] = (*sum)[12];
    slabs[448u + thread] = (*sum)[14];
  } else {
    slabs[0u + thread] = (*sum)[1];
    slabs[64u + thread] = (*sum)[3];
    slabs[128u + thread] = (*sum)[5];
    slabs[192u + thread] = (*sum)[7];
    slabs[256u + thread] = (*sum)[9];
    slabs[320u + thread] = (*sum)[11];
    slabs[384u + thread] = (*sum)[13];
    slabs[448u + thread] = (*sum)[15];
  }
}

fn stashed(own: u32, thread: u32) -> vec4<f32> {
  return slabs[64u * own + thread];
}
