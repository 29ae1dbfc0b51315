// Sizes that all kernels over whole words share. Pixels are taken 32 at a time, a word of an image: `states` holds the sums a of the
// hidden units before every word, so that all words of all images can be computed at once.

struct Params {
  hidden: u32,
  first_image: u32, // of this pass, of whose `images` states and errors have room for no more
  all_images: u32, // in all passes
  #include "lib/batch-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [all_images, words_per_image]

// Word `word` of image number `image` of this pass.
fn word_of(image: u32, word: u32) -> u32 {
  return images[(params.first_image + image) * params.words_per_image + word];
}

// Where the hidden units of `states` and `errors` begin.
fn state_row(image: u32, word: u32) -> u32 {
  return (image * params.words_per_image + word) * params.hidden;
}
