// Before sampling: the number of the order that each image is drawn in, floor(u orders), and for every place the least sum of its units with
// which its pixel turns on, temperature * logit(u) - bias; for a given pixel a value far above or below every sum.
// Reference: orderNumberOf in src/models/made/sampler.ts. Grid: x = ceil(images * pixels / 64), one thread a place.
#include "lib/rng.wgsl"
#include "lib/math.wgsl"
#include "lib/given.wgsl"

struct Params {
  pixels: u32,
  hidden: u32,
  orders: u32,
  images: u32,
  first_image: u32, // in `indices`
  first: u32, // of the thresholds in `state`, which the order's number follows
  stride: u32, // of `state`
  seed: u32,
  sample_key: u32,
  order_key: u32,
  temperature: f32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
#include "made/lib/plan.wgsl"
@group(0) @binding(2) var<storage, read> indices: array<u32>; // [all images]
@group(0) @binding(3) var<storage, read> output_bias: array<f32>; // [pixels]
@group(0) @binding(4) var<storage, read_write> state: array<f32>; // [images, stride]: units by layer, thresholds by place, order
@group(0) @binding(5) var<storage, read> given: array<u32>; // [words_per_image, 2]

const threads = 64u;

@compute @workgroup_size(threads)
fn begin_places(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = (workgroup.x + params.first_workgroup) * threads + thread;
  if (slot >= params.images * params.pixels) {
    return;
  }
  let image = slot / params.pixels;
  let place = slot % params.pixels;
  let index = indices[params.first_image + image];
  // In integers, because f32 may round u times orders up: u = (2 cell + 1) / 2^24.
  let cell = random_word(params.seed, params.order_key, index, 0u) >> 9u;
  let order = ((2u * cell + 1u) * params.orders) >> 24u;
  let u = uniform_of(random_word(params.seed, params.sample_key, index, place));
  let pixel = pixel_of(order, place);
  let threshold = or_given(params.temperature * logit_of(u), pixel) - output_bias[pixel];
  state[image * params.stride + params.first + place] = threshold;
  if (place == 0u) {
    state[image * params.stride + params.first + params.pixels] = f32(order);
  }
}
