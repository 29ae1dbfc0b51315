// Where the sums that are carried along the images lie: those of the deep net, [images, words_per_image, 16], then those of the other,
// [images, words_per_image, 32].

fn state_of(image: u32, word: u32, quad: u32, is_quiet: bool) -> u32 {
  let row = image * params.words_per_image + word;
  return select(row * 16u, params.images * params.words_per_image * 16u + row * 32u, is_quiet) + quad;
}
