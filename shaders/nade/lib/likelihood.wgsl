// log p of the pixels of one word, of the 4 images of a tile, into `partial`. Included after nade/lib/outputs.wgsl.

@group(0) @binding(6) var<storage, read_write> partial: array<f32>; // [words_per_image, all_images], nats

// Of the 32 pixels by 4 images of a tile a thread has one pixel of two images.
fn own_pixel(thread: u32) -> u32 {
  return thread >> 1u;
}

// The first of the thread's two images.
fn own_image(thread: u32) -> u32 {
  return 2u * (thread & 1u);
}

fn own_logits(thread: u32) -> vec2<f32> {
  let four = logits[own_pixel(thread)];
  return select(four.xy, four.zw, own_image(thread) == 2u);
}

// `log_p` is that of the thread's pixel in its two images. Barriers inside: to be called by every thread of the workgroup, once,
// after read_logits.
fn write_partial(place: Place, thread: u32, log_p: vec2<f32>) {
  let inside = place.word * 32u + own_pixel(thread) < params.pixels;
  sums[thread] = vec4<f32>(select(vec2<f32>(), log_p, inside), 0.0, 0.0);
  workgroupBarrier();
  if (thread < tile_images && place.image + thread < params.images) {
    var sum = 0.0;
    for (var k = 0u; k < 32u; k++) {
      sum += sums[2u * k + (thread >> 1u)][thread & 1u];
    }
    partial[place.word * params.all_images + params.first_image + place.image + thread] = sum;
  }
}
