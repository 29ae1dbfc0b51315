// Logits of a tile of 64 images by 64 pixels: bias_i + sum over j < i of x_j w(j -> i), a matrix product whose left side
// is bits. Included by score, conditional-logits and delta, which differ in what they do with the logits.
//
// Grid: x = ceil(images / 64) * ceil(pixels / 64) workgroups of 64 threads; every thread owns 8 images by 8 pixels.
// Inputs go by in words of 32, up to the diagonal only: later ones have no weight.
#include "lib/math.wgsl"
#include "fvsbn/packing.wgsl"

struct Params {
  pixels: u32,
  words_per_image: u32,
  images: u32,
  first_workgroup: u32,
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
  // The longest sum, the shortest, the second longest: any run of workgroups takes about as long as any other, which
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

// Barriers inside: to be called by every thread of the workgroup.
fn logits_of(tile: Tile, place: Place, thread: u32) -> Logits {
  let low = four_biases(place.pixel_low);
  let high = four_biases(place.pixel_low + 32u);
  var sum = Logits(low, high, low, high, low, high, low, high, low, high, low, high, low, high, low, high);
  let words = min(params.words_per_image, 2u * tile.pixel + 2u);
  for (var word = 0u; word < words; word++) {
    word_tile[thread] = word_or_zero(tile.image * tile_images + thread, word);
    for (var slot = thread; slot < 512u; slot += threads) {
      let input = word * 32u + (slot >> 4u);
      let pixel = tile.pixel * tile_pixels + (slot & 15u) * 4u;
      weight_tile[slot] = vec4<f32>(
        weight_or_zero(input, pixel),
        weight_or_zero(input, pixel + 1u),
        weight_or_zero(input, pixel + 2u),
        weight_or_zero(input, pixel + 3u),
      );
    }
    workgroupBarrier();
    let word_0 = word_tile[place.row * 8u + 0u];
    let word_1 = word_tile[place.row * 8u + 1u];
    let word_2 = word_tile[place.row * 8u + 2u];
    let word_3 = word_tile[place.row * 8u + 3u];
    let word_4 = word_tile[place.row * 8u + 4u];
    let word_5 = word_tile[place.row * 8u + 5u];
    let word_6 = word_tile[place.row * 8u + 6u];
    let word_7 = word_tile[place.row * 8u + 7u];
    // Inputs that are off in all of the thread's images add nothing.
    var rest = word_0 | word_1 | word_2 | word_3 | word_4 | word_5 | word_6 | word_7;
    while (rest != 0u) {
      let k = countTrailingZeros(rest);
      let mask = 1u << k;
      rest ^= mask;
      let weight_low = weight_tile[k * 16u + place.column];
      let weight_high = weight_tile[k * 16u + 8u + place.column];
      let x_0 = bit_of(word_0, mask);
      sum[0] += x_0 * weight_low;
      sum[1] += x_0 * weight_high;
      let x_1 = bit_of(word_1, mask);
      sum[2] += x_1 * weight_low;
      sum[3] += x_1 * weight_high;
      let x_2 = bit_of(word_2, mask);
      sum[4] += x_2 * weight_low;
      sum[5] += x_2 * weight_high;
      let x_3 = bit_of(word_3, mask);
      sum[6] += x_3 * weight_low;
      sum[7] += x_3 * weight_high;
      let x_4 = bit_of(word_4, mask);
      sum[8] += x_4 * weight_low;
      sum[9] += x_4 * weight_high;
      let x_5 = bit_of(word_5, mask);
      sum[10] += x_5 * weight_low;
      sum[11] += x_5 * weight_high;
      let x_6 = bit_of(word_6, mask);
      sum[12] += x_6 * weight_low;
      sum[13] += x_6 * weight_high;
      let x_7 = bit_of(word_7, mask);
      sum[14] += x_7 * weight_low;
      sum[15] += x_7 * weight_high;
    }
    workgroupBarrier();
  }
  return sum;
}

// Puts the low (0) or high (1) half of a thread's logits where `stashed` finds them, image by image: what is done with them
// is then a loop, and the code stays small. Threads read what they wrote themselves, so no barrier is needed.
fn stash(logits: ptr<function, Logits>, half: u32, thread: u32) {
  if (half == 0u) {
    weight_tile[0u + thread] = (*logits)[0];
    weight_tile[64u + thread] = (*logits)[2];
    weight_tile[128u + thread] = (*logits)[4];
    weight_tile[192u + thread] = (*logits)[6];
    weight_tile[256u + thread] = (*logits)[8];
    weight_tile[320u + thread] = (*logits)[10];
    weight_tile[384u + thread] = (*logits)[12];
    weight_tile[448u + thread] = (*logits)[14];
  } else {
    weight_tile[0u + thread] = (*logits)[1];
    weight_tile[64u + thread] = (*logits)[3];
    weight_tile[128u + thread] = (*logits)[5];
    weight_tile[192u + thread] = (*logits)[7];
    weight_tile[256u + thread] = (*logits)[9];
    weight_tile[320u + thread] = (*logits)[11];
    weight_tile[384u + thread] = (*logits)[13];
    weight_tile[448u + thread] = (*logits)[15];
  }
}

fn stashed(image: u32, thread: u32) -> vec4<f32> {
  return weight_tile[64u * image + thread];
}
