// log p(x) = sum over i of log Bernoulli(x_i; sigmoid(logit_i)), in one part a tile of
// 64 pixels; the host adds them in f64.
// Reference: logLikelihood in src/models/fvsbn/reference.ts. Grid and inputs: fvsbn/lib/logits.wgsl.
#include "fvsbn/lib/logits.wgsl"
#include "fvsbn/lib/likelihood.wgsl"

@compute @workgroup_size(threads)
fn score(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tile_of(workgroup.x + params.first_workgroup);
  let place = place_of(tile, thread);
  var logits = logits_of(tile, place, thread);
  for (var half = 0u; half < 2u; half++) {
    stash(&logits, half, thread);
    for (var own = 0u; own < 8u; own++) {
      let x = pixels_of(place.image + own, place.pixel_low + 32u * half);
      add_log_likelihood(place, own, half, stashed(own, thread), x);
    }
  }
  write_partial(tile, thread);
}
