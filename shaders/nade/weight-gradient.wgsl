// Mean gradients of -log p by the weights of the 32 pixels of one word: delta_i h_i for V_i, and for W_i where pixel i is on the
// derivative by a after it, which is `errors` less what the word's outputs up to i have added to it.
// Reference: gradient in src/models/nade/reference.ts.
//
// Grid: x = words_per_image * ceil(hidden / 64) workgroups of 64 threads, one a hidden unit; the images go by one after
// another. Every thread adds up in 64 places of workgroup memory that are its own. Later passes add to earlier ones.
#include "lib/math.wgsl"
#include "nade/lib/shape.wgsl"

@group(0) @binding(2) var<storage, read> states: array<f32>; // [images, words_per_image, hidden]
@group(0) @binding(3) var<storage, read> input: array<f32>; // [pixels, hidden]
@group(0) @binding(4) var<storage, read> output: array<f32>; // [pixels, hidden]
@group(0) @binding(5) var<storage, read> delta: array<f32>; // [all_images, pixels]
@group(0) @binding(6) var<storage, read> errors: array<f32>; // [images, words_per_image, hidden]
@group(0) @binding(7) var<storage, read_write> input_gradient: array<f32>; // [pixels, hidden]
@group(0) @binding(8) var<storage, read_write> output_gradient: array<f32>; // [pixels, hidden]

const threads = 64u;

var<workgroup> input_sums: array<f32, 2048>; // [32 pixels, threads]
var<workgroup> output_sums: array<f32, 2048>; // [32 pixels, threads]

@compute @workgroup_size(threads)
fn add_rows(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tiles = (params.hidden + threads - 1u) / threads;
  let at = workgroup.x + params.first_workgroup;
  let word = at / tiles;
  let unit = (at % tiles) * threads + thread;
  if (unit >= params.hidden) {
    return;
  }
  let first = word * 32u;
  let count = min(32u, params.pixels - first);
  for (var k = 0u; k < count; k++) {
    input_sums[k * threads + thread] = 0.0;
    output_sums[k * threads + thread] = 0.0;
  }
  for (var image = 0u; image < params.images; image++) {
    let deltas = (params.first_image + image) * params.pixels + first;
    let row = state_row(image, word) + unit;
    let on = word_of(image, word);
    var a = states[row];
    var error = errors[row];
    var h = sigmoid(a);
    for (var k = 0u; k < count; k++) {
      let weight = (first + k) * params.hidden + unit;
      let d = delta[deltas + k];
      output_sums[k * threads + thread] += d * h;
      error -= d * output[weight] * h * (1.0 - h);
      if (((on >> k) & 1u) == 1u) {
        input_sums[k * threads + thread] += error;
        a += input[weight];
        h = sigmoid(a);
      }
    }
  }
  let scale = 1.0 / f32(params.all_images);
  for (var k = 0u; k < count; k++) {
    let weight = (first + k) * params.hidden + unit;
    let before = params.first_image > 0u;
    input_gradient[weight] = select(0.0, input_gradient[weight], before) + input_sums[k * threads + thread] * scale;
    output_gradient[weight] = select(0.0, output_gradient[weight], before) + output_sums[k * threads + thread] * scale;
  }
}
