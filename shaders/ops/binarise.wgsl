// A batch of binary images out of grey ones, in integers only: pixel on iff (word >> 8) * 255 < grey << 24, word the random
// word of (seed, key, image index, pixel); otherwise iff grey >= `least` (128 for threshold, 1 for none). Bit t of the batch is
// pixel `order[t]` of the image. Beside the bits it writes what the pixels should be (lib/targets.wgsl): their grey levels where
// targets are soft, else 255 for a pixel that is on.
// Reference: binarise in src/data/binarise.ts. Grid: x = ceil(images * words_per_image / 64), one thread a word.
#include "lib/rng.wgsl"

struct Params {
  bytes_per_image: u32, // of grey: pixels rounded up to a multiple of 4
  stochastic: u32, // 1 or 0
  soft: u32, // 1 or 0
  least: u32,
  seed: u32,
  key: u32,
  #include "lib/batch-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> grey: array<u32>; // [rows, bytes_per_image / 4], 4 pixels each
@group(0) @binding(2) var<storage, read> rows: array<u32>; // [images], row of `grey`
@group(0) @binding(3) var<storage, read> indices: array<u32>; // [images], number of the image in the data set
@group(0) @binding(4) var<storage, read> order: array<u32>; // [pixels], a permutation
@group(0) @binding(5) var<storage, read_write> batch: array<u32>; // [images, words_per_image]
@group(0) @binding(6) var<storage, read_write> targets: array<u32>; // [images, ceil(pixels / 4)], 4 pixels each

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
  let own_targets = image * ((params.pixels + 3u) / 4u) + first / 4u;
  var bits = 0u;
  var four = 0u;
  // Two neighbours share a block of random words; in another order than raster each pixel fetches its own.
  var pair = vec2<u32>();
  var drawn_block = 0xffffffffu;
  let count = min(32u, params.pixels - first);
  for (var p = 0u; p < count; p++) {
    let pixel = order[first + p];
    if (params.stochastic == 1u && (pixel >> 1u) != drawn_block) {
      drawn_block = pixel >> 1u;
      pair = threefry2x32(vec2<u32>(params.seed, params.key), vec2<u32>(indices[image], drawn_block));
    }
    let level = (grey[base + (pixel >> 2u)] >> ((pixel & 3u) * 8u)) & 255u;
    let drawn = (pair[pixel & 1u] >> 8u) * 255u < (level << 24u);
    let on = select(level >= params.least, drawn, params.stochastic == 1u);
    bits |= select(0u, 1u << p, on);
    four |= select(select(0u, 255u, on), level, params.soft == 1u) << ((p & 3u) * 8u);
    if ((p & 3u) == 3u || p + 1u == count) {
      targets[own_targets + (p >> 2u)] = four;
      four = 0u;
    }
  }
  batch[slot] = bits;
}
