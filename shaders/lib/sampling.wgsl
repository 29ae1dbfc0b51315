// What samplers share. The including kernel declares `params`, with the fields of lib/sampling-params.wgsl, and binds
//
//   images: array<u32>   [images, words_per_image], blank at first
#include "lib/rng.wgsl"
#include "lib/math.wgsl"

// The least logit with which the pixel at a place of image number `index` turns on: u < sigmoid(x / temperature) iff x > temperature * logit(u).
fn threshold_of(index: u32, place: u32) -> f32 {
  let u = uniform_of(random_word(params.seed, params.key, index, place));
  return params.temperature * logit_of(u);
}

fn turn_on(image: u32, pixel: u32) {
  images[image * params.words_per_image + (pixel >> 5u)] |= 1u << (pixel & 31u);
}
