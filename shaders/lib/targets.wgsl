// What the pixels of a batch should be, as ops/binarise.wgsl writes it: a byte a pixel, 255 times the probability of ink. Included by
// kernels that declare
//   var<storage, read> targets: array<u32>;     [images, ceil(pixels / 4)], 4 pixels each

// Exactly 1 at 255, whatever a division is rounded to: bits that are drawn must come back as they are.
fn target_of(image: u32, pixel: u32, pixels: u32) -> f32 {
  let four = targets[image * ((pixels + 3u) / 4u) + (pixel >> 2u)];
  let level = (four >> ((pixel & 3u) * 8u)) & 255u;
  return select(f32(level) / 255.0, 1.0, level == 255u);
}
