// What count, score and conditional-logits read: images and the network. They differ in what they write.
#include "bayes-net/lib/tables.wgsl"

struct Params {
  #include "lib/batch-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(4) var<storage, read> images: array<u32>; // [images, words_per_image]

fn word_at(at: u32) -> u32 {
  return images[at];
}
