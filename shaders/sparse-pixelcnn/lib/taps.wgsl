// Neighbours of an active position at the taps of a block's middle layer: itself, left, and the three above, 1 or 2 apart.

const none = 0xffffffffu;
const taps = 5u;

// The row of the position at `reach` times the offset of tap number `tap`; none where it lies outside the grid or is quiet. A
// negative reach gives the position that sees this one at that tap.
fn neighbour(position: u32, tap: u32, reach: i32) -> u32 {
  let pixel = position % pixel_count();
  let above = tap >= 2u;
  let row = i32(pixel / params.width) + select(0, -reach, above);
  let column = i32(pixel % params.width) + reach * select(-i32(tap), i32(tap) - 3, above);
  if (row < 0 || row >= i32(params.height) || column < 0 || column >= i32(params.width)) {
    return none;
  }
  let place = places[position - pixel + u32(row) * params.width + u32(column)];
  return select(none, place >> 1u, (place & 1u) == 1u);
}

// 1 and 2 in turn.
fn dilation(block: u32) -> i32 {
  return 1 + i32(block & 1u);
}
