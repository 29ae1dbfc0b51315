// Tables of a Bayesian network: pixel i has parents `parents[parent_start[i] .. parent_start[i + 1] - 1]`, all of them
// decided before it, and a table of 2^(number of parents) entries from `table_start[i]`. Bit b of an entry's number is the
// value of parent b, 0 where its number is none of a pixel: a place outside the grid.

@group(0) @binding(1) var<storage, read> parent_start: array<u32>; // [pixels + 1]
@group(0) @binding(2) var<storage, read> parents: array<u32>; // [edges], pixels
@group(0) @binding(3) var<storage, read> table_start: array<u32>; // [pixels]

// `image` is the word at which the image starts; `word_at` is the kernel's own, as bindings differ in access.
fn entry_of(image: u32, pixel: u32) -> u32 {
  var entry = 0u;
  let start = parent_start[pixel];
  let count = parent_start[pixel + 1u] - start;
  for (var b = 0u; b < count; b++) {
    let parent = parents[start + b];
    if (parent < params.pixels) {
      entry |= ((word_at(image + (parent >> 5u)) >> (parent & 31u)) & 1u) << b;
    }
  }
  return table_start[pixel] + entry;
}

fn is_on(image: u32, pixel: u32) -> bool {
  return ((word_at(image + (pixel >> 5u)) >> (pixel & 31u)) & 1u) == 1u;
}
