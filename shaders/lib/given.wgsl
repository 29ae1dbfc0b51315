// Sampling around pixels that are given. The including kernel binds
//
//   given: array<u32>   [words_per_image, 2], which pixels are given, and which of those are on
//
// and passes every threshold, that is the least logit with which its pixel turns on, through `or_given`.

// Above every logit, and so far from the largest f32 that adding logits to it, or taking them away, changes nothing.
const beyond = 1e30;

// The threshold of a pixel that is drawn; of one that is given, one that every logit exceeds, or none.
fn or_given(threshold: f32, pixel: u32) -> f32 {
  let at = 2u * (pixel >> 5u);
  let bit = 1u << (pixel & 31u);
  let settled = select(beyond, -beyond, (given[at + 1u] & bit) != 0u);
  return select(threshold, settled, (given[at] & bit) != 0u);
}
