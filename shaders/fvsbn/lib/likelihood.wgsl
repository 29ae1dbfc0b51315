// The likelihood part of an epilogue: log p of this tile's pixels, summed for every image. `pixels` are bits, or soft targets.

@group(0) @binding(4) var<storage, read_write> partial: array<f32>; // [pixel tiles, images]

var<workgroup> row_sums: array<f32, 512>; // [images, columns]

fn log_likelihood_of(logits: vec4<f32>, pixels: vec4<f32>, pixel: u32) -> f32 {
  var sum = 0.0;
  for (var c = 0u; c < 4u; c++) {
    if (pixel + c < params.pixels) {
      sum += expected_log_bernoulli(logits[c], pixels[c]);
    }
  }
  return sum;
}

// Adds 4 pixels of a thread's image number `own`. To be called for the low half (0) first, then for the high one.
fn add_log_likelihood(place: Place, own: u32, half: u32, logits: vec4<f32>, pixels: vec4<f32>) {
  let slot = (place.row * 8u + own) * 8u + place.column;
  let before = select(row_sums[slot], 0.0, half == 0u);
  row_sums[slot] = before + log_likelihood_of(logits, pixels, place.pixel_low + 32u * half);
}

// Barrier inside: to be called by every thread of the workgroup.
fn write_partial(tile: Tile, thread: u32) {
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
