// What the M-step of EM needs, added to what earlier images gave: row i < pixels of `statistics` is the sum over images of
// x_i r_k, row `pixels` that of r_k alone. A matrix product whose left side is bits.
// Reference: emIteration in src/models/mixture/reference.ts.
//
// Grid: x = (words_per_image + 1) * ceil(vectors / 8) workgroups of 64 threads: one a tile of 32 pixels (the last one standing for
// the row without a pixel) by 32 components. Every thread owns 4 pixels by 4 components; images go by 32 at a time.

struct Params {
  vectors: u32, // ceil(components / 4)
  #include "lib/batch-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read> responsibility: array<vec4<f32>>; // [images, vectors]
@group(0) @binding(3) var<storage, read_write> statistics: array<vec4<f32>>; // [pixels + 1, vectors]

const threads = 64u;
const tile_vectors = 8u;

var<workgroup> word_tile: array<u32, 32>; // [images]
var<workgroup> share_tile: array<vec4<f32>, 256>; // [32 images, 8 vectors]

fn word_of(image: u32, word: u32) -> u32 {
  if (image >= params.images) {
    return 0u;
  }
  if (word == params.words_per_image) {
    return 1u;
  }
  return images[image * params.words_per_image + word];
}

fn share_of(image: u32, vector: u32) -> vec4<f32> {
  if (image >= params.images || vector >= params.vectors) {
    return vec4<f32>();
  }
  return responsibility[image * params.vectors + vector];
}

fn add_row(row: u32, vector: u32, sum: vec4<f32>) {
  if (row <= params.pixels && vector < params.vectors) {
    statistics[row * params.vectors + vector] += sum;
  }
}

@compute @workgroup_size(threads)
fn add_statistics(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tiles = (params.vectors + tile_vectors - 1u) / tile_vectors;
  let tile = workgroup.x + params.first_workgroup;
  let word = tile / tiles;
  let vector = (tile % tiles) * tile_vectors;
  let column = thread % 8u;
  let shift = (thread / 8u) * 4u;
  var sum_0 = vec4<f32>();
  var sum_1 = vec4<f32>();
  var sum_2 = vec4<f32>();
  var sum_3 = vec4<f32>();
  for (var first = 0u; first < params.images; first += 32u) {
    if (thread < 32u) {
      word_tile[thread] = word_of(first + thread, word);
    }
    for (var slot = thread; slot < 256u; slot += threads) {
      share_tile[slot] = share_of(first + slot / 8u, vector + slot % 8u);
    }
    workgroupBarrier();
    for (var image = 0u; image < 32u; image++) {
      let bits = (word_tile[image] >> shift) & 15u;
      if (bits != 0u) {
        let share = share_tile[image * 8u + column];
        sum_0 += f32(bits & 1u) * share;
        sum_1 += f32((bits >> 1u) & 1u) * share;
        sum_2 += f32((bits >> 2u) & 1u) * share;
        sum_3 += f32((bits >> 3u) & 1u) * share;
      }
    }
    workgroupBarrier();
  }
  if (word == params.words_per_image) {
    if (shift == 0u) {
      add_row(params.pixels, vector + column, sum_0);
    }
    return;
  }
  // Padding pixels of the last word are off in every image, and their rows are not there.
  let pixel = word * 32u + shift;
  for (var own = 0u; own < 4u; own++) {
    if (pixel + own < params.pixels) {
      let low = select(sum_1, sum_0, own == 0u);
      let high = select(sum_3, sum_2, own == 2u);
      add_row(pixel + own, vector + column, select(high, low, own < 2u));
    }
  }
}
