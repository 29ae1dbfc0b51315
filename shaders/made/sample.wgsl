// Ancestral sampling, each image in its own order. Units of degree t are final once place t is decided; only then are they
// added to deeper layers and later places, so an image costs as many additions as scoring it. What a pixel adds to later ones directly
// lowers their thresholds.
// Reference: sampler in src/models/made/sampler.ts, u < sigmoid(logit / temperature).
//
// Grid: x = images, one workgroup of 64 threads each. Decides places
// `first` to `end` - 1; `state` carries over.
#include "made/lib/sampler.wgsl"
#include "lib/total.wgsl"

const threads = 64u;

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  draw(workgroup.x + params.first_workgroup, thread);
}
