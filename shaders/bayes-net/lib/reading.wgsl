// What score and conditional-logits read: images, tables, and their number. They differ in what they write.
#include "bayes-net/lib/tables.wgsl"

struct Params {
  pixels: u32,
  words_per_image: u32,
  images: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(4) var<storage, read> logit: array<f32>; // [entries]
@group(0) @binding(5) var<storage, read> images: array<u32>; // [images, words_per_image]

fn word_at(at: u32) -> u32 {
  return images[at];
}
