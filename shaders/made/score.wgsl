// log p_o(x) of every order, in one part a tile of 64 places; made/ensemble.wgsl computes log p(x) from them.
// Reference: logLikelihoodIn in src/models/made/reference.ts. Grid and inputs: made/lib/logits.wgsl.
#include "made/lib/logits.wgsl"
#include "made/lib/likelihood.wgsl"

// Of every place log p alone is kept.
fn keep(row: u32, place: u32, logit: f32, on: bool) {
}

@compute @workgroup_size(threads)
fn score(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  write_likelihood(workgroup.x + params.first_workgroup, thread);
}
