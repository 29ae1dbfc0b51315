// log p(x) = sum over i of log Bernoulli(x_i; sigmoid(logit_i)), of 64 pixels at a time; ops/sum-tiles.wgsl adds the tiles.
// Reference: logLikelihood in src/models/fvsbn/reference.ts. Grid and inputs: fvsbn/logits.wgsl.
#include "fvsbn/logits.wgsl"
#include "fvsbn/likelihood.wgsl"

@compute @workgroup_size(threads)
fn score(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tile_of(workgroup.x + params.first_workgroup);
  let place = place_of(tile, thread);
  let logits = logits_of(tile, place, thread);
  write_partial(tile, place, thread, logits);
}
