// Samples by first firing: the same images as ancestral sampling, in as many rounds as pixels turn on.
//
// A pixel that is off adds nothing to any logit. So, with the logits of all pixels kept up to date, the first pixel at or
// after `cursor` whose logit lies above its threshold logit(u) is the next one to turn on: those before it stay off
// without changing anything. It turns on, its row of weights is added, and the search continues after it.
// Reference: blockSampler in src/models/fvsbn/cpu.ts, u < sigmoid(logit / temperature).
//
// Grid: x = images, one workgroup of 64 threads each. Decides pixels `first` to `end` - 1; `state` carries over from dispatch to
// dispatch, and meanwhile lies in workgroup memory, as far as there is room.
#include "fvsbn/lib/sampler.wgsl"
#include "lib/earliest.wgsl"

const threads = 64u;

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  draw(workgroup.x + params.first_workgroup, thread);
}
