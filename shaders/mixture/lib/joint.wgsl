// log p(x, k) of all components of an image, and log p(x) from them. Included by score and responsibilities.
//
// Grid: x = ceil(images * lanes / 64) workgroups of 64 threads.

struct Params {
  words_per_image: u32,
  images: u32,
  components: u32,
  vectors: u32, // ceil(components / 4)
  lanes: u32,
  unit: f32, // nats, a power of two
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read> rows: array<vec4<i32>>; // [pixels, vectors], what an on-pixel adds
@group(0) @binding(3) var<storage, read> blank: array<vec4<i32>>; // [vectors], log p(blank image, k)
@group(0) @binding(4) var<storage, read_write> partial: array<f32>; // [parts, images]

#include "mixture/lib/components.wgsl"

// Barriers inside: to be called by every thread of the workgroup, once.
fn joint_of(place: Place, thread: u32) -> Joint {
  let first = place.lane;
  let second = place.lane + params.lanes;
  var low = vec4<i32>();
  var high = vec4<i32>();
  if (place.image < params.images && first < params.vectors) {
    low = blank[first];
    if (second < params.vectors) {
      high = blank[second];
    }
    for (var word = 0u; word < params.words_per_image; word++) {
      var rest = images[place.image * params.words_per_image + word];
      while (rest != 0u) {
        let row = (word * 32u + countTrailingZeros(rest)) * params.vectors;
        rest &= rest - 1u;
        low += rows[row + first];
        if (second < params.vectors) {
          high += rows[row + second];
        }
      }
    }
  }
  return shared_out(place, thread, low, high);
}
