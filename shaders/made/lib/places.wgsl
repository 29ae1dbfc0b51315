// Whether the pixel at a place of an order is on. The including kernel declares
//   places, [orders, images, words_per_image]

fn is_on(order: u32, image: u32, place: u32) -> bool {
  let word = places[(order * params.images + image) * params.words_per_image + (place >> 5u)];
  return ((word >> (place & 31u)) & 1u) == 1u;
}
