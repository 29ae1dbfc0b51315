// log p(x) = sum over i of log Bernoulli(x_i; table_i[values of the parents of i]), in 8 parts that the host adds in f64.
// Reference: logLikelihood in src/models/bayes-net/reference.ts. Grid: x = images, one workgroup of 256 threads each.
#include "lib/math.wgsl"
#include "lib/reduce.wgsl"
#include "bayes-net/lib/reading.wgsl"

@group(0) @binding(5) var<storage, read> logit: array<f32>; // [entries]
@group(0) @binding(6) var<storage, read_write> partial: array<f32>; // [parts, images]

const parts = 8u;

@compute @workgroup_size(threads)
fn score(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = workgroup.x + params.first_workgroup;
  let base = image * params.words_per_image;
  var own = 0.0;
  for (var pixel = thread; pixel < params.pixels; pixel += threads) {
    own += log_bernoulli(logit[entry_of(base, pixel)], is_on(base, pixel));
  }
  let part = reduce_sum(thread, own, parts);
  if (thread < parts) {
    partial[thread * params.images + image] = part;
  }
}
