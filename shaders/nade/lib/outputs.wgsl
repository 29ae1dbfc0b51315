// Logits of the 32 pixels of one word, b_i + V_i . h, of 4 images at a time, so that a row of weights is read once for the four.
// The hidden units are spread over the threads, eight a thread, and stay in registers; after a pixel that is on, those of its image
// change. Every thread adds up its eight units of 8 pixels before any sum over threads: barriers and exchanged numbers are few.
// Reference: logits in src/models/nade/reference.ts.
//
// Grid: x = ceil(images / 4) * words_per_image workgroups of 64 threads.
#include "lib/math.wgsl"
#include "nade/lib/shape.wgsl"

@group(0) @binding(2) var<storage, read> states: array<f32>; // [images, words_per_image, hidden]
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [pixels]
@group(0) @binding(4) var<storage, read> input: array<f32>; // [pixels, hidden]
@group(0) @binding(5) var<storage, read> output: array<f32>; // [pixels, hidden]

const threads = 64u;
const tile_images = 4u;

var<workgroup> shares: array<vec4<f32>, 512>; // [8 pixels, threads], a component for each image
var<workgroup> sums: array<vec4<f32>, 64>; // [8 pixels, 8]
var<workgroup> logits: array<vec4<f32>, 32>; // a component for each image

struct Place {
  image: u32, // first of the tile
  word: u32,
}

// Eight hidden units 64 apart, so that neighbours in memory belong to neighbouring threads: 512 in all, more than the family allows.
struct Units {
  low: vec4<f32>,
  high: vec4<f32>,
}

fn place_of(workgroup: u32) -> Place {
  return Place((workgroup / params.words_per_image) * tile_images, workgroup % params.words_per_image);
}

// Images beyond the last repeat the last; their logits are not used.
fn image_of(place: Place, own: u32) -> u32 {
  return min(place.image + own, params.images - 1u);
}

// Numbers of units that there are not belong to something else in the buffer, and `open` drops them.
fn state_of(image: u32, word: u32, thread: u32) -> Units {
  let at = state_row(image, word) + thread;
  let low = vec4<f32>(states[at], states[at + 64u], states[at + 128u], states[at + 192u]);
  return Units(low, vec4<f32>(states[at + 256u], states[at + 320u], states[at + 384u], states[at + 448u]));
}

fn input_of(pixel: u32, thread: u32) -> Units {
  let at = pixel * params.hidden + thread;
  let low = vec4<f32>(input[at], input[at + 64u], input[at + 128u], input[at + 192u]);
  return Units(low, vec4<f32>(input[at + 256u], input[at + 320u], input[at + 384u], input[at + 448u]));
}

fn output_of(pixel: u32, thread: u32) -> Units {
  let at = pixel * params.hidden + thread;
  let low = vec4<f32>(output[at], output[at + 64u], output[at + 128u], output[at + 192u]);
  return Units(low, vec4<f32>(output[at + 256u], output[at + 320u], output[at + 384u], output[at + 448u]));
}

// 0 for units that there are not.
fn open_four(a: vec4<f32>, first: u32) -> vec4<f32> {
  let e = exp(-abs(a));
  let h = select(e, vec4<f32>(1.0), a >= vec4<f32>()) / (1.0 + e);
  return select(vec4<f32>(), h, vec4<u32>(first, first + 64u, first + 128u, first + 192u) < vec4<u32>(params.hidden));
}

fn open(a: Units, thread: u32) -> Units {
  return Units(open_four(a.low, thread), open_four(a.high, thread + 256u));
}

// The thread's share of V_i . h.
fn share_of(h: Units, v: Units) -> f32 {
  return dot(h.low, v.low) + dot(h.high, v.high);
}

fn add(a: Units, w: Units) -> Units {
  return Units(a.low + w.low, a.high + w.high);
}

// Fills `logits`. Barriers inside and at the end: to be called by every thread of the workgroup.
fn read_logits(place: Place, thread: u32) {
  let word_0 = word_of(image_of(place, 0u), place.word);
  let word_1 = word_of(image_of(place, 1u), place.word);
  let word_2 = word_of(image_of(place, 2u), place.word);
  let word_3 = word_of(image_of(place, 3u), place.word);
  let word_any = word_0 | word_1 | word_2 | word_3;
  var a_0 = state_of(image_of(place, 0u), place.word, thread);
  var a_1 = state_of(image_of(place, 1u), place.word, thread);
  var a_2 = state_of(image_of(place, 2u), place.word, thread);
  var a_3 = state_of(image_of(place, 3u), place.word, thread);
  var h_0 = open(a_0, thread);
  var h_1 = open(a_1, thread);
  var h_2 = open(a_2, thread);
  var h_3 = open(a_3, thread);
  for (var first = 0u; first < 32u; first += 8u) {
    for (var own = 0u; own < 8u; own++) {
      let pixel = place.word * 32u + first + own;
      let v = output_of(pixel, thread);
      shares[own * threads + thread] = vec4<f32>(share_of(h_0, v), share_of(h_1, v), share_of(h_2, v), share_of(h_3, v));
      let mask = 1u << (first + own);
      if ((word_any & mask) == 0u) {
        continue;
      }
      let w = input_of(pixel, thread);
      if ((word_0 & mask) != 0u) {
        a_0 = add(a_0, w);
        h_0 = open(a_0, thread);
      }
      if ((word_1 & mask) != 0u) {
        a_1 = add(a_1, w);
        h_1 = open(a_1, thread);
      }
      if ((word_2 & mask) != 0u) {
        a_2 = add(a_2, w);
        h_2 = open(a_2, thread);
      }
      if ((word_3 & mask) != 0u) {
        a_3 = add(a_3, w);
        h_3 = open(a_3, thread);
      }
    }
    workgroupBarrier();
    var part = vec4<f32>();
    for (var k = 0u; k < 8u; k++) {
      part += shares[(thread >> 3u) * threads + 8u * k + (thread & 7u)];
    }
    sums[thread] = part;
    workgroupBarrier();
    // The other threads continue: they write `sums` again only after the next barrier.
    if (thread < 8u) {
      var sum = vec4<f32>();
      for (var k = 0u; k < 8u; k++) {
        sum += sums[thread * 8u + k];
      }
      logits[first + thread] = sum + bias[min(place.word * 32u + first + thread, params.pixels - 1u)];
    }
  }
  workgroupBarrier();
}
