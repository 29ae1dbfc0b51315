// A batch of binary images out of grey ones, in integers only: pixel on iff (word >> 8) * 255 < grey << 24, word the random
// word of (seed, key, image index, pixel); otherwise iff grey >= `least` (128 for threshold, 1 for none).
// Reference: binarise in src/data/binarise.ts. Grid: x = ceil(images * words_per_image / 64), one thread a word.
#include "lib/rng.wgsl"

struct Params {
  pixels: u32,
  words_per_image: u32,
  images: u32,
  bytes_per_image: u32, // of grey: pixels rounded up to a multiple of 4
  stochastic: u32, // 1 or 0
  least: u32,
  seed: u32,
  key: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> grey: array<u32>; // [rows, bytes_per_image / 4], 4 pixels each
@group(0) @binding(2) var<storage, read> rows: array<u32>; // [images], row of `grey`
@group(0) @binding(3) var<storage, read> indices: array<u32>; // [images], number of the image in the data set
@group(0) @binding(4) var<storage, read_write> batch: array<u32>; // [images, words_per_image]

const threads = 64u;

@compute @workgroup_size(threads)
fn binarise(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = (workgroup.x + params.first_workgroup) * threads + thread;
  if (slot >= params.images * params.words_per_image) {
    return;
  }
  let image = slot / params.words_per_image;
  let first = (slot % params.words_per_image) * 32u;
  let base = rows[image] * (params.bytes_per_image / 4u);
  var bits = 0u;
  for (var p = 0u; p < min(32u, params.pixels - first); p += 2u) {
    var pair = vec2<u32>();
    if (params.stochastic == 1u) {
      pair = threefry2x32(vec2<u32>(params.seed, params.key), vec2<u32>(indices[image], (first + p) >> 1u));
    }
    let four = grey[base + ((first + p) >> 2u)];
    for (var odd = 0u; odd < 2u; odd++) {
      // The second of the last pair may lie behind the image, in its padding.
      if (first + p + odd < params.pixels) {
        let level = (four >> (((p + odd) & 3u) * 8u)) & 255u;
        let drawn = (pair[odd] >> 8u) * 255u < (level << 24u);
        bits |= select(0u, 1u << (p + odd), select(level >= params.least, drawn, params.stochastic == 1u));
      }
    }
  }
  batch[slot] = bits;
}
