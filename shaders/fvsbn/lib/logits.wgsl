// Logits of a tile of 64 images by 64 pixels: bias_i + sum over j < i of x_j w(j -> i), a matrix product whose left side
// is bits. Included by score, conditional-logits and delta, which differ in what they do with the logits.
//
// Grid: x = ceil(images / 64) * ceil(pixels / 64) workgroups of 64 threads; every thread owns 8 images by 8 pixels.
// Inputs go by in words of 32, up to the diagonal only: later ones have no weight.
#include "lib/math.wgsl"
#include "fvsbn/lib/tile.wgsl"

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
