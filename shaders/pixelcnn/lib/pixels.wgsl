// Pixels of an image of the piece, and which of them the first layer sees: 24 taps of mask A, a 7x7 kernel up to its centre.

@group(0) @binding(1) var<storage, read> images: array<u32>; // [batch, words_per_image]

fn is_on(image: u32, position: u32) -> bool {
  let word = images[(params.first_image + image) * params.words_per_image + (position >> 5u)];
  return ((word >> (position & 31u)) & 1u) == 1u;
}

// The 7 pixels of a row around `column`, from bit 0 on; those outside the grid are off.
fn window(image: u32, row: u32, column: u32) -> u32 {
  // Unsigned numbers wrap around: rows above the grid are not inside either.
  if (row >= params.height) {
    return 0u;
  }
  let begin = max(column, 3u) - 3u;
  let first = row * params.width + begin;
  let word = (params.first_image + image) * params.words_per_image + (first >> 5u);
  let shift = first & 31u;
  var bits = images[word] >> shift;
  if (shift > 25u) {
    bits |= images[word + 1u] << (32u - shift);
  }
  let inside_grid = (1u << min(params.width - begin, 7u)) - 1u;
  return ((bits & inside_grid) << (begin + 3u - column)) & 127u;
}
