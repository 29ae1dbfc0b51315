// What score and conditional-logits read: images, the table, and their number. They differ in what they write.
#include "texture/lib/context.wgsl"

struct Params {
  width: u32,
  pixels: u32,
  words_per_image: u32,
  k: u32,
  images: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> logit: array<f32>; // [2^k]
@group(0) @binding(3) var<storage, read> images: array<u32>; // [images, words_per_image]

fn word_at(at: u32) -> u32 {
  return images[at];
}
