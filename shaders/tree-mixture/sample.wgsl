// Given its component k an image's pixels are drawn row by row from the conditionals of its tree: x_i is on iff
// u_i < sigmoid(logit of p(x_i = 1 | x_<i, k) / temperature). The component comes from the host, which draws it in f64.
// Reference: treeSampler in src/models/tree-mixture/cpu.ts.
//
// Grid: x = ceil(images / 64) workgroups of 64 threads, one thread an image. Decides pixels `first` to `end` - 1; what is
// decided carries over.
#include "lib/sampling.wgsl"
#include "lib/given.wgsl"

struct Params {
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logit: array<f32>; // [components, pixels, 2]
@group(0) @binding(2) var<storage, read> parent: array<i32>; // [components, pixels]
@group(0) @binding(3) var<storage, read> drawn: array<vec2<u32>>; // [images], component and number of each image
@group(0) @binding(4) var<storage, read_write> images: array<u32>; // [images, words_per_image]
@group(0) @binding(5) var<storage, read> given: array<u32>; // [words_per_image, 2]
@group(0) @binding(6) var<storage, read_write> lambda: array<f32>; // [pixels, images]
@group(0) @binding(7) var<storage, read_write> message: array<f32>; // [pixels, images]
@group(0) @binding(8) var<storage, read_write> below: array<u32>; // [pixels, images]

const threads = 64u;

fn slot_count() -> u32 {
  return params.images;
}

fn is_on(image: u32, pixel: u32) -> bool {
  return ((images[image * params.words_per_image + (pixel >> 5u)] >> (pixel & 31u)) & 1u) == 1u;
}

#include "tree-mixture/lib/evidence.wgsl"

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = (workgroup.x + params.first_workgroup) * threads + thread;
  if (image >= params.images) {
    return;
  }
  let slot = Slot(image, image, drawn[image].x * params.pixels);
  for (var pixel = params.first; pixel < params.end; pixel++) {
    let on = logit_of_pixel(slot, pixel) > or_given(threshold_of(drawn[image].y, pixel), pixel);
    if (on) {
      turn_on(image, pixel);
    }
    observe(slot, pixel, on);
  }
}
