// Given its component k an image's pixels are independent: x_i is on iff u_i < sigmoid(logit_ik / temperature). The
// component comes from the host, which draws it in f64.
// Reference: componentSampler in src/models/mixture/cpu.ts.
//
// Grid: x = ceil(images * words_per_image / 64) workgroups of 64 threads, one thread a word of an image. Decides pixels
// `first` to `end` - 1; what is decided carries over.
#include "lib/sampling.wgsl"
#include "lib/given.wgsl"

struct Params {
  components: u32,
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logit: array<f32>; // [pixels, components]
@group(0) @binding(2) var<storage, read> component: array<u32>; // [images]
@group(0) @binding(3) var<storage, read> indices: array<u32>; // [images], number of each image
@group(0) @binding(4) var<storage, read_write> images: array<u32>; // [images, words_per_image]
@group(0) @binding(5) var<storage, read> given: array<u32>; // [words_per_image, 2]

const threads = 64u;

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = (workgroup.x + params.first_workgroup) * threads + thread;
  if (slot >= params.images * params.words_per_image) {
    return;
  }
  let image = slot / params.words_per_image;
  let first = (slot % params.words_per_image) * 32u;
  let start = max(first, params.first);
  let end = min(first + 32u, params.end);
  var bits = images[slot];
  for (var pixel = start; pixel < end; pixel++) {
    if (logit[pixel * params.components + component[image]] > or_given(threshold_of(indices[image], pixel), pixel)) {
      bits |= 1u << (pixel - first);
    }
  }
  images[slot] = bits;
}
