// Pixels of an image of the piece, and which of them the first layer sees: 24 taps of mask A, a 7x7 kernel up to its centre.

@group(0) @binding(1) var<storage, read> images: array<u32>; // [batch, words_per_image]

fn is_on(image: u32, position: u32) -> bool {
  let word = images[(params.first_image + image) * params.words_per_image + (position >> 5u)];
  return ((word >> (position & 31u)) & 1u) == 1u;
}

// Whether tap number `tap` of the position lies in the grid and on an on-pixel.
fn sees(image: u32, position: u32, tap: u32) -> bool {
  // Unsigned numbers wrap around: what lies left of or above the grid comes out beyond its other edge.
  let row = position / params.width + tap / 7u - 3u;
  let column = position % params.width + tap % 7u - 3u;
  if (row >= params.height || column >= params.width) {
    return false;
  }
  return is_on(image, row * params.width + column);
}
