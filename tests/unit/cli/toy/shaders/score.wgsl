// log p(x) = sum over i of log Bernoulli(x_i; logit of the column of i). Reference: definition in src/models/column/reference.ts.
// Grid: x = ceil(images / 64), one thread an image.
#include "lib/math.wgsl"
#include "column/params.wgsl"

@group(0) @binding(1) var<storage, read> logit: array<f32>; // [width]
@group(0) @binding(2) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(3) var<storage, read_write> partial: array<f32>; // [images]

@compute @workgroup_size(threads)
fn score(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = (workgroup.x + params.first_workgroup) * threads + thread;
  if (image >= params.images) {
    return;
  }
  let base = image * params.words_per_image;
  var sum = 0.0;
  for (var i = 0u; i < params.pixels; i++) {
    let on = ((images[base + (i >> 5u)] >> (i & 31u)) & 1u) == 1u;
    sum += log_bernoulli(logit[i % params.width], on);
  }
  partial[image] = sum;
}
