// Of every tree the logits of p(x_i = 1 | x_<i, k), and log p(x_<i, k) in fixed point, as conditional-logits.wgsl weighs them.
// Reference: logits in src/models/tree-mixture/reference.ts.
//
// Grid: x = ceil(slots / 64) workgroups of 64 threads; a thread reads one image, `first_image` and on, under one tree.
#include "lib/math.wgsl"

struct Params {
  pixels: u32,
  words_per_image: u32,
  components: u32,
  first_image: u32,
  slots: u32, // images of this dispatch * components
  scale: f32, // units of a nat, a power of two
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read> logit: array<f32>; // [components, pixels, 2]
@group(0) @binding(3) var<storage, read> parent: array<i32>; // [components, pixels]
@group(0) @binding(4) var<storage, read_write> lambda: array<f32>; // [pixels, slots]
@group(0) @binding(5) var<storage, read_write> message: array<f32>; // [pixels, slots]
@group(0) @binding(6) var<storage, read_write> below: array<u32>; // [pixels, slots]
@group(0) @binding(7) var<storage, read_write> tree_logits: array<f32>; // [pixels, slots]
@group(0) @binding(8) var<storage, read_write> before: array<i32>; // [pixels, slots]

const threads = 64u;

fn slot_count() -> u32 {
  return params.slots;
}

fn is_on(image: u32, pixel: u32) -> bool {
  return ((images[image * params.words_per_image + (pixel >> 5u)] >> (pixel & 31u)) & 1u) == 1u;
}

#include "tree-mixture/lib/evidence.wgsl"

@compute @workgroup_size(threads)
fn tree_logit(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let number = (workgroup.x + params.first_workgroup) * threads + thread;
  if (number >= params.slots) {
    return;
  }
  let component = number % params.components;
  let slot = Slot(number, params.first_image + number / params.components, component * params.pixels);
  for (var pixel = 0u; pixel < params.pixels; pixel++) {
    lambda[cell(slot, pixel)] = 0.0;
    message[cell(slot, pixel)] = 0.0;
  }
  var units = 0;
  for (var pixel = 0u; pixel < params.pixels; pixel++) {
    let own = logit_of_pixel(slot, pixel);
    let on = is_on(slot.image, pixel);
    tree_logits[cell(slot, pixel)] = own;
    before[cell(slot, pixel)] = units;
    units += i32(round(log_bernoulli(own, on) * params.scale));
    observe(slot, pixel, on);
  }
}
