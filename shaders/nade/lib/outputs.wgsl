// Logits of the 32 pixels of one word, b_i + V_i . h, of 4 images at a time, so that a row of weights is read once for the four.
// The hidden units are spread over the threads and stay in registers; after a pixel that is on, those of its image change.
// Sums over units: every thread its four, then over the threads for four pixels together.
// Reference: logits in src/models/nade/reference.ts.
//
// Grid: x = ceil(images / 4) * words_per_image workgroups of 128 threads.
#include "lib/math.wgsl"
#include "nade/lib/shape.wgsl"
#include "nade/lib/units.wgsl"

@group(0) @binding(2) var<storage, read> states: array<f32>; // [images, words_per_image, hidden]
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [pixels]
@group(0) @binding(4) var<storage, read> input: array<f32>; // [pixels, hidden]
@group(0) @binding(5) var<storage, read> output: array<f32>; // [pixels, hidden]

const tile_images = 4u;

var<workgroup> shares: array<vec4<f32>, 512>; // [4 pixels, threads], a component for each image
var<workgroup> sums: array<vec4<f32>, 128>; // [4 pixels, 32]
var<workgroup> logits: array<vec4<f32>, 32>; // a component for each image

struct Place {
  image: u32, // first of the tile
  word: u32,
}

fn place_of(workgroup: u32) -> Place {
  return Place((workgroup / params.words_per_image) * tile_images, workgroup % params.words_per_image);
}

// Images beyond the last repeat the last; their logits are not used.
fn image_of(place: Place, own: u32) -> u32 {
  return min(place.image + own, params.images - 1u);
}

fn state_of(image: u32, word: u32, thread: u32) -> vec4<f32> {
  let at = state_row(image, word) + thread;
  let state = vec4<f32>(states[at], states[at + 128u], states[at + 256u], states[at + 384u]);
  return select(vec4<f32>(), state, present(thread, params.hidden));
}

// Fills `logits`. Barriers inside and at the end: to be called by every thread of the workgroup.
fn read_logits(place: Place, thread: u32) {
  let image_0 = image_of(place, 0u);
  let image_1 = image_of(place, 1u);
  let image_2 = image_of(place, 2u);
  let image_3 = image_of(place, 3u);
  let word_0 = word_of(image_0, place.word);
  let word_1 = word_of(image_1, place.word);
  let word_2 = word_of(image_2, place.word);
  let word_3 = word_of(image_3, place.word);
  let word_any = word_0 | word_1 | word_2 | word_3;
  var a_0 = state_of(image_0, place.word, thread);
  var a_1 = state_of(image_1, place.word, thread);
  var a_2 = state_of(image_2, place.word, thread);
  var a_3 = state_of(image_3, place.word, thread);
  var h_0 = open_units(a_0);
  var h_1 = open_units(a_1);
  var h_2 = open_units(a_2);
  var h_3 = open_units(a_3);
  for (var first = 0u; first < 32u; first += 4u) {
    for (var own = 0u; own < 4u; own++) {
      let pixel = place.word * 32u + first + own;
      let v = output_of(pixel, thread);
      shares[own * threads + thread] = vec4<f32>(dot(h_0, v), dot(h_1, v), dot(h_2, v), dot(h_3, v));
      let mask = 1u << (first + own);
      if ((word_any & mask) == 0u) {
        continue;
      }
      let w = input_of(pixel, thread);
      if ((word_0 & mask) != 0u) {
        a_0 += w;
        h_0 = open_units(a_0);
      }
      if ((word_1 & mask) != 0u) {
        a_1 += w;
        h_1 = open_units(a_1);
      }
      if ((word_2 & mask) != 0u) {
        a_2 += w;
        h_2 = open_units(a_2);
      }
      if ((word_3 & mask) != 0u) {
        a_3 += w;
        h_3 = open_units(a_3);
      }
    }
    workgroupBarrier();
    let at = (thread >> 5u) * threads + (thread & 31u);
    sums[thread] = (shares[at] + shares[at + 32u]) + (shares[at + 64u] + shares[at + 96u]);
    workgroupBarrier();
    // The other threads continue: they write `sums` again only after the next barrier.
    if (thread < 4u) {
      var sum = vec4<f32>();
      for (var k = 0u; k < 32u; k++) {
        sum += sums[thread * 32u + k];
      }
      logits[first + thread] = sum + bias[min(place.word * 32u + first + thread, params.pixels - 1u)];
    }
  }
  workgroupBarrier();
}
