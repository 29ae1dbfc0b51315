// Sums over images for the gradients of the weights are cut into slices, so that there are workgroups enough for a whole GPU: each
// has its sums in `slices`, [slices, 2, pixels, hidden], what is to be taken from the gradients of W first, the gradients of V second.

const slice_images = 32u;

fn slice_row(slice: u32, which: u32, pixel: u32) -> u32 {
  return ((2u * slice + which) * params.pixels + pixel) * params.hidden;
}
