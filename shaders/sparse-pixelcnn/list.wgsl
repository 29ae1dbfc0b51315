// Sorts the positions of the piece into rows, active ones first: `places` by sums of the masks' bits, `rows` its inverse.
//
// Grid: x = images workgroups of 64 threads, a thread for every 64th word of an image.
#include "sparse-pixelcnn/lib/net.wgsl"

@group(0) @binding(1) var<storage, read> masks: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read_write> places: array<u32>; // [positions + 1], 2 * active positions before + 1 where active
@group(0) @binding(3) var<storage, read_write> rows: array<u32>; // [positions]

const threads = 64u;

var<workgroup> counts: array<vec2<u32>, 64>;

@compute @workgroup_size(threads)
fn list(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = workgroup.x + params.first_workgroup;
  // Active positions in earlier images and in all.
  let words = params.words_per_image;
  var own = vec2<u32>();
  for (var word = thread; word < params.images * words; word += threads) {
    let count = countOneBits(masks[word]);
    own += vec2<u32>(select(0u, count, word < image * words), count);
  }
  counts[thread] = own;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half = half / 2u) {
    if (thread < half) {
      counts[thread] += counts[thread + half];
    }
    workgroupBarrier();
  }
  let before_image = counts[0].x;
  let all = counts[0].y;
  for (var word = thread; word < words; word += threads) {
    var before = before_image;
    for (var other = 0u; other < word; other++) {
      before += countOneBits(masks[image * words + other]);
    }
    let bits = masks[image * words + word];
    for (var pixel = word * 32u; pixel < min(word * 32u + 32u, pixel_count()); pixel++) {
      let position = image * pixel_count() + pixel;
      let deep = (bits >> (pixel & 31u)) & 1u;
      places[position] = 2u * before + deep;
      rows[select(all + position - before, before, deep == 1u)] = position;
      before += deep;
    }
  }
  if (thread == 0u && image + 1u == params.images) {
    places[capacity()] = 2u * all;
  }
}
