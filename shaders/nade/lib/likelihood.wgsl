// log p of the pixels of one word, of the 4 images of a tile, into `partial`. Included after nade/lib/outputs.wgsl.

@group(0) @binding(6) var<storage, read_write> partial: array<f32>; // [words_per_image, all_images], nats

// Of one thread's pixel: 32 pixels by 4 images.
fn own_pixel(thread: u32) -> u32 {
  return thread >> 2u;
}

fn own_logit(thread: u32) -> f32 {
  return logits[thread >> 2u][thread & 3u];
}

// `log_p` is that of the thread's pixel. Barriers inside: to be called by every thread of the workgroup, once, after read_logits.
fn write_partial(place: Place, thread: u32, log_p: f32) {
  let inside = place.word * 32u + own_pixel(thread) < params.pixels;
  sums[thread] = vec4<f32>(select(0.0, log_p, inside));
  workgroupBarrier();
  if (thread < tile_images && place.image + thread < params.images) {
    var sum = 0.0;
    for (var k = 0u; k < 32u; k++) {
      sum += sums[4u * k + thread].x;
    }
    partial[place.word * params.all_images + params.first_image + place.image + thread] = sum;
  }
}
