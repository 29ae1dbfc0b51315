// The entry of the shared table that a pixel of an image looks at: bit b is what place number b before it shows, 0
// where the place lies outside the grid. The kernel's Params hold width and k; `word_at` is its own, as bindings differ in access.

@group(0) @binding(1) var<storage, read> places: array<i32>; // [k, 2]: rows down (never above 0), columns to the right

// `image` is the word at which the image starts.
fn entry_of(image: u32, pixel: u32) -> u32 {
  let row = i32(pixel / params.width);
  let column = i32(pixel % params.width);
  var entry = 0u;
  for (var b = 0u; b < params.k; b++) {
    let y = row + places[2u * b];
    let x = column + places[2u * b + 1u];
    if (y >= 0 && x >= 0 && x < i32(params.width)) {
      let parent = u32(y) * params.width + u32(x);
      entry |= ((word_at(image + (parent >> 5u)) >> (parent & 31u)) & 1u) << b;
    }
  }
  return entry;
}

fn is_on(image: u32, pixel: u32) -> bool {
  return ((word_at(image + (pixel >> 5u)) >> (pixel & 31u)) & 1u) == 1u;
}
