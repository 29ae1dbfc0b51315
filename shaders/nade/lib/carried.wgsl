// The sums of the hidden units of an image, carried from dispatch to dispatch in `state`, [images, 2 chunks], four a thread.

fn load_sums(image: u32, thread: u32) -> vec4<f32> {
  return state[image * 2u * params.chunks + thread];
}

fn store_sums(image: u32, thread: u32, a: vec4<f32>) {
  if (thread < 2u * params.chunks) {
    state[image * 2u * params.chunks + thread] = a;
  }
}
