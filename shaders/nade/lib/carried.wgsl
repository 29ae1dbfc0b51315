// The sums of the hidden units of an image, carried from dispatch to dispatch in `state`, [images, hidden], four a thread.

fn load_sums(image: u32, thread: u32) -> vec4<f32> {
  let at = image * params.hidden + thread;
  let kept = vec4<f32>(state[at], state[at + 128u], state[at + 256u], state[at + 384u]);
  return select(vec4<f32>(), kept, present(thread, params.hidden));
}

fn store_sums(image: u32, thread: u32, a: vec4<f32>) {
  for (var own = 0u; own < 4u; own++) {
    if (thread + own * 128u < params.hidden) {
      state[image * params.hidden + thread + own * 128u] = a[own];
    }
  }
}
