// Backpropagation: e = sum over the outputs i of a word and of all later words of delta_i V_i h_i (1 - h_i), the derivative of -log p
// by the sums a of the hidden units before the word.
// Reference: gradient in src/models/nade/reference.ts.
//
// Grid: x = images * ceil(hidden / 64) workgroups of 64 threads, a thread for each hidden unit of an image.
#include "lib/math.wgsl"
#include "nade/lib/shape.wgsl"

@group(0) @binding(2) var<storage, read> states: array<f32>; // [images, words_per_image, hidden]
@group(0) @binding(3) var<storage, read> input: array<f32>; // [pixels, hidden]
@group(0) @binding(4) var<storage, read> output: array<f32>; // [pixels, hidden]
@group(0) @binding(5) var<storage, read> delta: array<f32>; // [all_images, pixels]
@group(0) @binding(6) var<storage, read_write> errors: array<f32>; // [images, words_per_image, hidden]

const threads = 64u;

@compute @workgroup_size(threads)
fn go_back(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tiles = (params.hidden + threads - 1u) / threads;
  let at = workgroup.x + params.first_workgroup;
  let image = at / tiles;
  let unit = (at % tiles) * threads + thread;
  if (unit >= params.hidden) {
    return;
  }
  let deltas = (params.first_image + image) * params.pixels;
  var error = 0.0;
  for (var word = params.words_per_image; word > 0u; word--) {
    let first = (word - 1u) * 32u;
    let row = state_row(image, word - 1u) + unit;
    let on = word_of(image, word - 1u);
    var a = states[row];
    var h = sigmoid(a);
    // Over a run of outputs under one state: delta_i V_i.
    var run = 0.0;
    for (var pixel = first; pixel < min(first + 32u, params.pixels); pixel++) {
      run += delta[deltas + pixel] * output[pixel * params.hidden + unit];
      if (((on >> (pixel - first)) & 1u) == 1u) {
        error += run * h * (1.0 - h);
        run = 0.0;
        a += input[pixel * params.hidden + unit];
        h = sigmoid(a);
      }
    }
    error += run * h * (1.0 - h);
    errors[row] = error;
  }
}
