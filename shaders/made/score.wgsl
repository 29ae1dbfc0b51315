// log p_o(x) of every order, in one part a tile of 64 places; made/ensemble.wgsl makes log p(x) of them.
// Reference: logLikelihoodIn in src/models/made/reference.ts. Grid and inputs: made/logits.wgsl.
#include "made/logits.wgsl"
#include "made/likelihood.wgsl"

@compute @workgroup_size(threads)
fn score(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tile_of(workgroup.x + params.first_workgroup, params.pixels);
  var sum = weighted(tile, thread);
  for (var half = 0u; half < 2u; half++) {
    stash(&sum, half, thread);
    for (var own = 0u; own < 8u; own++) {
      let image = tile.image + own_row(thread) + own;
      let four = stashed(own, thread);
      var nats = 0.0;
      for (var c = 0u; c < 4u; c++) {
        let place = tile.column + own_column(half, thread) + c;
        if (image < params.images && place < params.pixels) {
          let logit = output_bias[pixel_of(tile.order, place)] + four[c];
          nats += log_bernoulli(logit, is_on(tile.order, image, place));
        }
      }
      add_log_likelihood(own, half, nats, thread);
    }
  }
  write_parts(tile, thread);
}
