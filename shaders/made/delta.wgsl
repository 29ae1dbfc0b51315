// The derivative of -log p_o by the logits, sigmoid(logit) - x, by place, and log p_o itself (as in made/score.wgsl).
// Reference: gradient in src/models/made/reference.ts. Grid and inputs: made/logits.wgsl.
#include "made/logits.wgsl"
#include "made/likelihood.wgsl"

@group(0) @binding(7) var<storage, read_write> delta: array<f32>; // [orders, images, pixels]

@compute @workgroup_size(threads)
fn write_delta(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
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
          let on = is_on(tile.order, image, place);
          nats += log_bernoulli(logit, on);
          delta[row_of(tile.order, image) * params.pixels + place] = sigmoid(logit) - select(0.0, 1.0, on);
        }
      }
      add_log_likelihood(own, half, nats, thread);
    }
  }
  write_parts(tile, thread);
}
