// Samples by first firing: the same images as ancestral sampling, in fewer rounds than pixels. While pixels stay off the
// hidden units stay as they are, so the logits of the next few pixels are computed on that guess; the first of them above its
// threshold turns on, and the search continues after it with new units.
// Reference: stateSampler in src/models/nade/sampler.ts, u < sigmoid(logit / temperature).
//
// Grid: x = images, one workgroup of 128 threads each. Decides pixels `first` to `end` - 1; `state` carries over.
#include "nade/lib/sampler.wgsl"
#include "nade/lib/ahead.wgsl"
#include "nade/lib/carried.wgsl"

// The sums of a thread's units before place `first`.
fn sums_before(image: u32, thread: u32) -> vec4<f32> {
  if (params.first == 0u) {
    return hidden_bias[thread];
  }
  return load_sums(image, thread);
}

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = workgroup.x + params.first_workgroup;
  draw_thresholds(image, thread);
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
      a += input_four(fired, thread);
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
