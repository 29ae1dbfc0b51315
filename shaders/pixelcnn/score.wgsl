// log p(x) = sum over positions of log Bernoulli(x_i; sigmoid(logit_i)), in one part for every 64 stacks.
// Reference: logLikelihood in src/models/pixelcnn/reference.ts. Grid and inputs: pixelcnn/lib/head.wgsl.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/pixels.wgsl"
#include "pixelcnn/lib/head.wgsl"
#include "pixelcnn/lib/likelihood.wgsl"

@compute @workgroup_size(threads)
fn score(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_in_part(workgroup.x, thread);
  var nats = 0.0;
  if (place.row < params.height) {
    let logits = logits_of(place);
    for (var r = 0u; r < place.rows; r++) {
      let position = (place.row + r) * params.width + place.column;
      nats += log_bernoulli(logits[r], is_on(place.image, position));
    }
  }
  write_partial(place.image, part_of(workgroup.x), thread, nats);
}
