// The likelihood part of an epilogue: log p of this tile's pixels, summed for every image.

@group(0) @binding(4) var<storage, read_write> partial: array<f32>; // [pixel tiles, images]

var<workgroup> row_sums: array<f32, 512>; // [images, columns]

fn log_likelihood_of(logits: vec4<f32>, pixels: vec4<f32>, pixel: u32) -> f32 {
  var sum = 0.0;
  for (var c = 0u; c < 4u; c++) {
    if (pixel + c < params.pixels) {
      sum += log_bernoulli(logits[c], pixels[c] == 1.0);
    }
  }
  return sum;
}

fn log_likelihood_of_row(image: u32, low: vec4<f32>, high: vec4<f32>, place: Place) -> f32 {
  return log_likelihood_of(low, pixels_of(image, place.pixel_low), place.pixel_low)
    + log_likelihood_of(high, pixels_of(image, place.pixel_low + 32u), place.pixel_low + 32u);
}

// Barrier inside: to be called by every thread of the workgroup.
fn write_partial(tile: Tile, place: Place, thread: u32, logits: Logits) {
  let slot = place.row * 64u + place.column;
  row_sums[slot] = log_likelihood_of_row(place.image, logits[0], logits[1], place);
  row_sums[slot + 8u] = log_likelihood_of_row(place.image + 1u, logits[2], logits[3], place);
  row_sums[slot + 16u] = log_likelihood_of_row(place.image + 2u, logits[4], logits[5], place);
  row_sums[slot + 24u] = log_likelihood_of_row(place.image + 3u, logits[6], logits[7], place);
  row_sums[slot + 32u] = log_likelihood_of_row(place.image + 4u, logits[8], logits[9], place);
  row_sums[slot + 40u] = log_likelihood_of_row(place.image + 5u, logits[10], logits[11], place);
  row_sums[slot + 48u] = log_likelihood_of_row(place.image + 6u, logits[12], logits[13], place);
  row_sums[slot + 56u] = log_likelihood_of_row(place.image + 7u, logits[14], logits[15], place);
  workgroupBarrier();
  let image = tile.image * tile_images + thread;
  if (image < params.images) {
    var sum = 0.0;
    for (var column = 0u; column < 8u; column++) {
      sum += row_sums[thread * 8u + column];
    }
    partial[tile.pixel * params.images + image] = sum;
  }
}
