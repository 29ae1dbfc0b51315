// Mean gradient of -log p by the weights: dw(j -> i) = sum over images of x_j delta_i / images, for j < i.
// Reference: gradient in src/models/fvsbn/reference.ts.
//
// Grid: x = t (t + 1) / 2 workgroups of 128 threads, t = ceil(pixels / 64): one a tile of 64 inputs by 64 pixels, tiles
// wholly below the diagonal left out. Every thread owns 4 inputs by 8 pixels; images go by 32 at a time.
#include "fvsbn/packing.wgsl"

struct Params {
  pixels: u32,
  words_per_image: u32,
  images: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read> delta: array<f32>; // [images, pixels]
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>; // [pixels (pixels - 1) / 2], packed rows

const tile_pixels = 64u;
const threads = 128u;

var<workgroup> delta_tile: array<vec4<f32>, 512>; // [32 images, 16 vectors of pixels]
var<workgroup> word_tile: array<u32, 64>; // [32 images, 2 words of inputs]

fn delta_or_zero(image: u32, pixel: u32) -> f32 {
  if (image < params.images && pixel < params.pixels) {
    return delta[image * params.pixels + pixel];
  }
  return 0.0;
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
  // Tile row r holds t - r tiles, from the diagonal on.
  let tiles = (params.pixels + tile_pixels - 1u) / tile_pixels;
  var rest = workgroup.x + params.first_workgroup;
  var input_tile = 0u;
  while (rest >= tiles - input_tile) {
    rest -= tiles - input_tile;
    input_tile++;
  }
  let pixel_tile = input_tile + rest;
  let column = thread & 7u;
  let row = thread >> 3u;
  var low_0 = vec4<f32>();
  var high_0 = vec4<f32>();
  var low_1 = vec4<f32>();
  var high_1 = vec4<f32>();
  var low_2 = vec4<f32>();
  var high_2 = vec4<f32>();
  var low_3 = vec4<f32>();
  var high_3 = vec4<f32>();
  for (var first = 0u; first < params.images; first += 32u) {
    if (thread < 64u) {
      let image = first + (thread >> 1u);
      let word = input_tile * 2u + (thread & 1u);
      var bits = 0u;
      if (image < params.images && word < params.words_per_image) {
        bits = images[image * params.words_per_image + word];
      }
      word_tile[thread] = bits;
    }
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
    for (var k = 0u; k < 32u; k++) {
      let word = word_tile[k * 2u + (row >> 3u)] >> ((row & 7u) * 4u);
      let delta_low = delta_tile[k * 16u + column];
      let delta_high = delta_tile[k * 16u + 8u + column];
      let x_0 = bit_of(word, 1u);
      let x_1 = bit_of(word, 2u);
      let x_2 = bit_of(word, 4u);
      let x_3 = bit_of(word, 8u);
      low_0 += x_0 * delta_low;
      high_0 += x_0 * delta_high;
      low_1 += x_1 * delta_low;
      high_1 += x_1 * delta_high;
      low_2 += x_2 * delta_low;
      high_2 += x_2 * delta_high;
      low_3 += x_3 * delta_low;
      high_3 += x_3 * delta_high;
    }
    workgroupBarrier();
  }
  let input = input_tile * tile_pixels + row * 4u;
  let pixel = pixel_tile * tile_pixels + column * 4u;
  write_four(input, pixel, low_0);
  write_four(input, pixel + 32u, high_0);
  write_four(input + 1u, pixel, low_1);
  write_four(input + 1u, pixel + 32u, high_1);
  write_four(input + 2u, pixel, low_2);
  write_four(input + 2u, pixel + 32u, high_2);
  write_four(input + 3u, pixel, low_3);
  write_four(input + 3u, pixel + 32u, high_3);
}
