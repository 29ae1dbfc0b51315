// Pixels before a pixel. The including kernel declares `params` with width and words_per_image, and binds
//
//   images: array<u32>   [.., words_per_image]

// Of row number k, 0 to `reach`, among the rows above within `reach` and, last, the pixel's own: bit b is the pixel at column
// - reach + b, on or off. Pixels outside the grid, and from the pixel on, are off.
fn bits_before(image: u32, row: u32, column: u32, reach: u32, k: u32) -> u32 {
  // Bits 0 to 2 reach of the row above, 0 to reach - 1 of the own row.
  let first = max(column, reach) - reach;
  let end = select(column, min(column + reach + 1u, params.width), k < reach);
  if (row + k < reach || first >= end) {
    return 0u;
  }
  let start = (row + k - reach) * params.width + first;
  let word = image * params.words_per_image + (start >> 5u);
  let shift = start & 31u;
  var bits = images[word] >> shift;
  if (shift + end - first > 32u) {
    bits |= images[word + 1u] << (32u - shift);
  }
  return (bits & ((1u << (end - first)) - 1u)) << (first + reach - column);
}

// Whether ink lies within radius 2 before the pixel.
fn is_active(image: u32, row: u32, column: u32) -> bool {
  return (bits_before(image, row, column, 2u, 0u) | bits_before(image, row, column, 2u, 1u)
    | bits_before(image, row, column, 2u, 2u)) != 0u;
}
