// Samples by first firing: the same images as ancestral sampling, in fewer rounds than pixels. While pixels stay off the
// hidden units stay as they are, so the logits of the next few pixels are computed on that guess; the first of them above its
// threshold turns on, and the search continues after it with new units.
// Reference: stateSampler in src/models/nade/sampler.ts, u < sigmoid(logit / temperature).
//
// Grid: x = images, one workgroup of 128 threads each. Decides pixels `first` to `end` - 1; `state` carries over.
#include "lib/sampling.wgsl"
#include "lib/given.wgsl"

struct Params {
  hidden: u32,
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bias: array<f32>; // [pixels]
@group(0) @binding(2) var<storage, read> hidden_bias: array<f32>; // [hidden]
@group(0) @binding(3) var<storage, read> input: array<f32>; // [pixels, hidden]
@group(0) @binding(4) var<storage, read> output: array<f32>; // [pixels, hidden]
@group(0) @binding(5) var<storage, read_write> state: array<f32>; // [images, hidden], sums a
@group(0) @binding(6) var<storage, read> indices: array<u32>; // [images], number of each image
@group(0) @binding(7) var<storage, read_write> images: array<u32>; // [images, words_per_image]
@group(0) @binding(8) var<storage, read> given: array<u32>; // [words_per_image, 2]

#include "nade/lib/ahead.wgsl"
#include "nade/lib/carried.wgsl"


fn threshold(image: u32, pixel: u32) -> f32 {
  return or_given(threshold_of(indices[image], pixel), pixel);
}

// The sums of a thread's units before place `first`.
fn sums_before(image: u32, thread: u32) -> vec4<f32> {
  if (params.first == 0u) {
    let start = vec4<f32>(hidden_bias[thread], hidden_bias[thread + 128u], hidden_bias[thread + 256u], hidden_bias[thread + 384u]);
    return select(vec4<f32>(), start, present(thread, params.hidden));
  }
  return load_sums(image, thread);
}

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = workgroup.x + params.first_workgroup;
  var a = sums_before(image, thread);
  open_units(a, thread);
  var ahead = few_ahead;
  var cursor = params.first;
  while (cursor < params.end) {
    let fired = first_firing(image, cursor, ahead, params.end, thread);
    if (fired < params.end) {
      if (thread == 0u) {
        turn_on(image, fired);
      }
      a += input_of(fired, thread);
      open_units(a, thread);
      cursor = fired + 1u;
      ahead = few_ahead;
    } else {
      cursor += ahead;
      ahead = many_ahead;
    }
  }
  store_sums(image, thread, a);
}
