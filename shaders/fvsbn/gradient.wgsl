// Mean gradient of -log p by the weights: dw(j -> i) = sum over images of x_j delta_i / images, for j < i.
// Reference: gradient in src/models/fvsbn/reference.ts.
//
// Grid: x = t (t + 1) / 2 workgroups of 64 threads, t = ceil(pixels / 64): one a tile of 64 inputs by 64 pixels, tiles
// wholly below the diagonal left out. Every thread owns 8 inputs by 8 pixels; images go by 32 at a time.
#include "fvsbn/lib/packing.wgsl"

struct Params {
  #include "lib/batch-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read> delta: array<f32>; // [images, pixels]
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>; // [pixels (pixels - 1) / 2], packed rows

const tile_pixels = 64u;
const threads = 64u;

var<workgroup> delta_tile: array<vec4<f32>, 512>; // [32 images, 16 vectors of pixels]
var<workgroup> word_tile: array<u32, 64>; // [32 images, 2 words of inputs]

// Reads outside a buffer give some other element of it, which select drops.
fn delta_or_zero(image: u32, pixel: u32) -> f32 {
  return select(0.0, delta[image * params.pixels + pixel], image < params.images && pixel < params.pixels);
}

fn input_word_or_zero(image: u32, word: u32) -> u32 {
  let inside = image < params.images && word < params.words_per_image;
  return select(0u, images[image * params.words_per_image + word], inside);
}

fn bit_of(word: u32, mask: u32) -> f32 {
  return select(0.0, 1.0, (word & mask) != 0u);
}

fn write_four(input: u32, pixel: u32, sum: vec4<f32>) {
  let scale = 1.0 / f32(params.images);
  for (var c = 0u; c < 4u; c++) {
    if (input < pixel + c && pixel + c < params.pixels) {
      gradient[weight_index(input, pixel + c, params.pixels)] = sum[c] * scale;
    }
  }
}

@compute @workgroup_size(threads)
fn write_gradient(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  // By columns, each from its first row to the diagonal: rows of blank inputs are quick, and so spread over the grid.
  var input_tile = workgroup.x + params.first_workgroup;
  var pixel_tile = 0u;
  while (input_tile > pixel_tile) {
    pixel_tile++;
    input_tile -= pixel_tile;
  }
  let column = thread & 7u;
  let row = thread >> 3u;
  // Of own input r: 4 pixels at 2 r, 4 pixels 32 further on at 2 r + 1. Indexed by numbers written out only, so that all of
  // it stays in registers.
  var sum: array<vec4<f32>, 16>;
  for (var first = 0u; first < params.images; first += 32u) {
    word_tile[thread] = input_word_or_zero(first + (thread >> 1u), input_tile * 2u + (thread & 1u));
    for (var slot = thread; slot < 512u; slot += threads) {
      let image = first + (slot >> 4u);
      let pixel = pixel_tile * tile_pixels + (slot & 15u) * 4u;
      delta_tile[slot] = vec4<f32>(
        delta_or_zero(image, pixel),
        delta_or_zero(image, pixel + 1u),
        delta_or_zero(image, pixel + 2u),
        delta_or_zero(image, pixel + 3u),
      );
    }
    workgroupBarrier();
    // Images in which all of the thread's inputs are off add nothing.
    let half = row >> 2u;
    let shift = (row & 3u) * 8u;
    var rest = 0u;
    for (var k = 0u; k < 32u; k++) {
      rest |= select(0u, 1u << k, ((word_tile[k * 2u + half] >> shift) & 255u) != 0u);
    }
    while (rest != 0u) {
      let k = countTrailingZeros(rest);
      rest &= rest - 1u;
      let word = word_tile[k * 2u + half] >> shift;
      let delta_low = delta_tile[k * 16u + column];
      let delta_high = delta_tile[k * 16u + 8u + column];
      let x_0 = bit_of(word, 1u);
      sum[0] += x_0 * delta_low;
      sum[1] += x_0 * delta_high;
      let x_1 = bit_of(word, 2u);
      sum[2] += x_1 * delta_low;
      sum[3] += x_1 * delta_high;
      let x_2 = bit_of(word, 4u);
      sum[4] += x_2 * delta_low;
      sum[5] += x_2 * delta_high;
      let x_3 = bit_of(word, 8u);
      sum[6] += x_3 * delta_low;
      sum[7] += x_3 * delta_high;
      let x_4 = bit_of(word, 16u);
      sum[8] += x_4 * delta_low;
      sum[9] += x_4 * delta_high;
      let x_5 = bit_of(word, 32u);
      sum[10] += x_5 * delta_low;
      sum[11] += x_5 * delta_high;
      let x_6 = bit_of(word, 64u);
      sum[12] += x_6 * delta_low;
      sum[13] += x_6 * delta_high;
      let x_7 = bit_of(word, 128u);
      sum[14] += x_7 * delta_low;
      sum[15] += x_7 * delta_high;
    }
    workgroupBarrier();
  }
  let input = input_tile * tile_pixels + row * 8u;
  let pixel = pixel_tile * tile_pixels + column * 4u;
  // Each half through the tile, so that writing is a loop and the code stays small; threads read what they wrote themselves.
  for (var half_of_pixels = 0u; half_of_pixels < 2u; half_of_pixels++) {
    if (half_of_pixels == 0u) {
      delta_tile[0u + thread] = sum[0];
      delta_tile[64u + thread] = sum[2];
      delta_tile[128u + thread] = sum[4];
      delta_tile[192u + thread] = sum[6];
      delta_tile[256u + thread] = sum[8];
      delta_tile[320u + thread] = sum[10];
      delta_tile[384u + thread] = sum[12];
      delta_tile[448u + thread] = sum[14];
    } else {
      delta_tile[0u + thread] = sum[1];
      delta_tile[64u + thread] = sum[3];
      delta_tile[128u + thread] = sum[5];
      delta_tile[192u + thread] = sum[7];
      delta_tile[256u + thread] = sum[9];
      delta_tile[320u + thread] = sum[11];
      delta_tile[384u + thread] = sum[13];
      delta_tile[448u + thread] = sum[15];
    }
    for (var own = 0u; own < 8u; own++) {
      write_four(input + own, pixel + 32u * half_of_pixels, delta_tile[64u * own + thread]);
    }
  }
}
