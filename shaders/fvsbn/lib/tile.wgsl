// Tiles of 64 images by 64 pixels: which one a workgroup works on, where in it a thread works, and reads that give zero outside.
// Grid and inputs: fvsbn/lib/logits.wgsl.
#include "fvsbn/lib/packing.wgsl"

struct Params {
  #include "lib/batch-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read> bias: array<f32>; // [pixels]
@group(0) @binding(3) var<storage, read> weight: array<f32>; // [pixels (pixels - 1) / 2], packed rows

const tile_images = 64u;
const tile_pixels = 64u;
const threads = 64u;

var<workgroup> weight_tile: array<vec4<f32>, 512>; // [32 inputs, 16 vectors of pixels]
var<workgroup> word_tile: array<u32, 64>; // [images]

// Which tile a workgroup works on. Apart from `Place`, so that it is seen to be the same for all threads.
struct Tile {
  image: u32,
  pixel: u32,
}

// Where a thread works. Its pixels are 4 from `pixel_low` and 4 from `pixel_low + 32`, its images 8 from `image`.
struct Place {
  image: u32,
  pixel_low: u32,
  column: u32,
  row: u32,
}

// Of a thread's image r: 4 pixels from `pixel_low` at 2 r, 4 from `pixel_low + 32` at 2 r + 1. Indexed by numbers written out
// only, so that all of it stays in registers.
alias Logits = array<vec4<f32>, 16>;

fn tile_of(workgroup: u32) -> Tile {
  let tiles = (params.pixels + tile_pixels - 1u) / tile_pixels;
  // The longest sum, the shortest, the second longest: every run of workgroups takes about equally long, which
  // is what cutting the grid into pieces of equal time needs.
  let turn = workgroup % tiles;
  return Tile(workgroup / tiles, select(turn / 2u, tiles - 1u - turn / 2u, turn % 2u == 0u));
}

fn place_of(tile: Tile, thread: u32) -> Place {
  let column = thread & 7u;
  let row = thread >> 3u;
  return Place(tile.image * tile_images + row * 8u, tile.pixel * tile_pixels + column * 4u, column, row);
}

// Reads outside a buffer give some other element of it, which select drops.
fn weight_or_zero(input: u32, pixel: u32) -> f32 {
  return select(0.0, weight[weight_index(input, pixel, params.pixels)], input < pixel && pixel < params.pixels);
}

fn bias_or_zero(pixel: u32) -> f32 {
  return select(0.0, bias[pixel], pixel < params.pixels);
}

fn four_biases(pixel: u32) -> vec4<f32> {
  return vec4<f32>(
    bias_or_zero(pixel),
    bias_or_zero(pixel + 1u),
    bias_or_zero(pixel + 2u),
    bias_or_zero(pixel + 3u),
  );
}

fn word_or_zero(image: u32, word: u32) -> u32 {
  let inside = image < params.images && word < params.words_per_image;
  return select(0u, images[image * params.words_per_image + word], inside);
}

fn bit_of(word: u32, mask: u32) -> f32 {
  return select(0.0, 1.0, (word & mask) != 0u);
}

// Pixels 4 from `pixel` of an image, as values.
fn pixels_of(image: u32, pixel: u32) -> vec4<f32> {
  let word = word_or_zero(image, pixel >> 5u) >> (pixel & 31u);
  return vec4<f32>(bit_of(word, 1u), bit_of(word, 2u), bit_of(word, 4u), bit_of(word, 8u));
}
