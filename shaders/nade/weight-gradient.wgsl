// Mean gradients of -log p by the weights and biases of the 32 pixels of one word. That of W_i is the sum, over the images in which
// pixel i is on, of the derivative by the sums a after it: `errors`, less what the word's outputs up to i have added to them. Those
// parts, and the gradients of V, lie in `slices`, and b_i has the sum of delta_i.
// Reference: gradient in src/models/nade/reference.ts.
//
// Grid: x = words_per_image * ceil(hidden / 64) workgroups of 64 threads, one a hidden unit. Every thread adds up in 32 places of
// workgroup memory that are its own. Later passes add to earlier ones.
#include "nade/lib/shape.wgsl"
#include "nade/lib/slices.wgsl"

@group(0) @binding(2) var<storage, read> delta: array<vec4<f32>>; // [ceil(all_images / 4), pixels]
@group(0) @binding(3) var<storage, read> errors: array<f32>; // [images, words_per_image, hidden]
@group(0) @binding(4) var<storage, read> slices: array<f32>; // [slices, 2, pixels, hidden]
@group(0) @binding(5) var<storage, read_write> input_gradient: array<f32>; // [pixels, hidden]
@group(0) @binding(6) var<storage, read_write> output_gradient: array<f32>; // [pixels, hidden]
@group(0) @binding(7) var<storage, read_write> bias_gradient: array<f32>; // [pixels]

const threads = 64u;

var<workgroup> sums: array<f32, 2048>; // [32 pixels, threads]

fn add_bias(pixel: u32, scale: f32) {
  var sum = 0.0;
  for (var four = 0u; four < (params.images + 3u) / 4u; four++) {
    sum += dot(delta[(params.first_image / 4u + four) * params.pixels + pixel], vec4<f32>(1.0));
  }
  bias_gradient[pixel] = select(0.0, bias_gradient[pixel], params.first_image > 0u) + sum * scale;
}

@compute @workgroup_size(threads)
fn add_rows(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tiles = (params.hidden + threads - 1u) / threads;
  let at = workgroup.x + params.first_workgroup;
  let word = at / tiles;
  let unit = at % tiles * threads + thread;
  let first = word * 32u;
  let count = min(32u, params.pixels - first);
  let scale = 1.0 / f32(params.all_images);
  if (at % tiles == 0u && thread < count) {
    add_bias(first + thread, scale);
  }
  if (unit >= params.hidden) {
    return;
  }
  for (var k = 0u; k < count; k++) {
    sums[k * threads + thread] = 0.0;
  }
  for (var image = 0u; image < params.images; image++) {
    let error = errors[state_row(image, word) + unit];
    for (var on = word_of(image, word); on != 0u; on &= on - 1u) {
      sums[countTrailingZeros(on) * threads + thread] += error;
    }
  }
  for (var k = 0u; k < count; k++) {
    let weight = (first + k) * params.hidden + unit;
    var by_input = sums[k * threads + thread];
    var by_output = 0.0;
    for (var slice = 0u; slice * slice_images < params.images; slice++) {
      by_input -= slices[slice_row(slice, 0u, first + k) + unit];
      by_output += slices[slice_row(slice, 1u, first + k) + unit];
    }
    let before = params.first_image > 0u;
    input_gradient[weight] = select(0.0, input_gradient[weight], before) + by_input * scale;
    output_gradient[weight] = select(0.0, output_gradient[weight], before) + by_output * scale;
  }
}
