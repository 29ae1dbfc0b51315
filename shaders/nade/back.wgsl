// Backpropagation through every word of 32 pixels by itself. An output i of the word adds delta_i V_i h_i (1 - h_i) to the derivative of
// -log p by the sums a of the hidden units before it. `errors` gets what the whole word adds; `slices` the gradients of V, delta_i h_i
// summed over the slice's images, and, for the pixels that are on, what the outputs up to them have added: nade/errors.wgsl and
// nade/weight-gradient.wgsl make of these the gradients of W.
// Reference: gradient in src/models/nade/reference.ts.
//
// Grid: x = slices of 32 images * words_per_image * ceil(hidden / 64) workgroups of 64 threads, one a hidden unit. Four images
// go by at a time, a component of a vector each, so every weight is read once for four. Every thread adds up in 64 places of
// workgroup memory that are its own.
#include "nade/lib/shape.wgsl"
#include "nade/lib/slices.wgsl"

@group(0) @binding(2) var<storage, read> states: array<f32>; // [images, words_per_image, hidden]
@group(0) @binding(3) var<storage, read> input: array<f32>; // [pixels, hidden]
@group(0) @binding(4) var<storage, read> output: array<f32>; // [pixels, hidden]
@group(0) @binding(5) var<storage, read> delta: array<vec4<f32>>; // [ceil(all_images / 4), pixels]
@group(0) @binding(6) var<storage, read_write> errors: array<f32>; // [images, words_per_image, hidden]
@group(0) @binding(7) var<storage, read_write> slices: array<f32>; // [slices, 2, pixels, hidden]

const threads = 64u;

var<workgroup> input_sums: array<f32, 2048>; // [32 pixels, threads]
var<workgroup> output_sums: array<f32, 2048>; // [32 pixels, threads]

// The sigmoid of lib/math.wgsl for the unit in four images.
fn open(a: vec4<f32>) -> vec4<f32> {
  let e = exp(-abs(a));
  return select(e, vec4<f32>(1.0), a >= vec4<f32>()) / (1.0 + e);
}

// Images beyond the last repeat the last; their delta is 0, so they add nothing.
fn image_of(image: u32) -> u32 {
  return min(image, params.images - 1u);
}

@compute @workgroup_size(threads)
fn go_back(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tiles = (params.hidden + threads - 1u) / threads;
  let at = workgroup.x + params.first_workgroup;
  let slice = at / (tiles * params.words_per_image);
  let word = at / tiles % params.words_per_image;
  let unit = at % tiles * threads + thread;
  if (unit >= params.hidden) {
    return;
  }
  let first = word * 32u;
  let count = min(32u, params.pixels - first);
  for (var k = 0u; k < count; k++) {
    input_sums[k * threads + thread] = 0.0;
    output_sums[k * threads + thread] = 0.0;
  }
  for (var image = slice * slice_images; image < min((slice + 1u) * slice_images, params.images); image += 4u) {
    let deltas = (params.first_image + image) / 4u * params.pixels + first;
    let four = vec4<u32>(image, image_of(image + 1u), image_of(image + 2u), image_of(image + 3u));
    let words = vec4<u32>(word_of(four.x, word), word_of(four.y, word), word_of(four.z, word), word_of(four.w, word));
    let word_any = words.x | words.y | words.z | words.w;
    var a = vec4<f32>(
      states[state_row(four.x, word) + unit],
      states[state_row(four.y, word) + unit],
      states[state_row(four.z, word) + unit],
      states[state_row(four.w, word) + unit],
    );
    var h = open(a);
    var run = vec4<f32>(); // delta_i V_i of the outputs that see the units as they are
    var added = vec4<f32>(); // by the outputs before these
    for (var k = 0u; k < count; k++) {
      let weight = (first + k) * params.hidden + unit;
      let d = delta[deltas + k];
      output_sums[k * threads + thread] += dot(d, h);
      run += d * output[weight];
      if (((word_any >> k) & 1u) == 1u) {
        let on = vec4<f32>((words >> vec4<u32>(k)) & vec4<u32>(1u));
        added += run * h * (1.0 - h);
        run = vec4<f32>();
        input_sums[k * threads + thread] += dot(on, added);
        a += on * input[weight];
        h = open(a);
      }
    }
    added += run * h * (1.0 - h);
    for (var own = 0u; own < min(4u, params.images - image); own++) {
      errors[state_row(image + own, word) + unit] = added[own];
    }
  }
  for (var k = 0u; k < count; k++) {
    slices[slice_row(slice, 0u, first + k) + unit] = input_sums[k * threads + thread];
    slices[slice_row(slice, 1u, first + k) + unit] = output_sums[k * threads + thread];
  }
}
