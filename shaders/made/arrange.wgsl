// Images with their pixels in the order of places: bit t of an arranged image is the pixel at place t.
// Grid: x = ceil(orders * images * words_per_image / 64), one thread a word.
#include "made/lib/shape.wgsl"
#include "made/lib/plan.wgsl"

@group(0) @binding(2) var<storage, read> images: array<u32>; // [all_images, words_per_image]
@group(0) @binding(3) var<storage, read_write> places: array<u32>; // [orders, images, words_per_image]

const threads = 64u;

@compute @workgroup_size(threads)
fn arrange(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = (workgroup.x + params.first_workgroup) * threads + thread;
  if (slot >= params.orders * params.images * params.words_per_image) {
    return;
  }
  let row = slot / params.words_per_image;
  let order = row / params.images;
  let base = (params.first_image + row % params.images) * params.words_per_image;
  let first = (slot % params.words_per_image) * 32u;
  var bits = 0u;
  for (var place = first; place < min(first + 32u, params.pixels); place++) {
    let pixel = pixel_of(order, place);
    bits |= ((images[base + (pixel >> 5u)] >> (pixel & 31u)) & 1u) << (place - first);
  }
  places[slot] = bits;
}
