// log p(x) = sum over positions of log Bernoulli(x_i; sigmoid(logit_i)), in one part for every 64 of them.
// Reference: logLikelihood in src/models/pixelcnn/reference.ts. Grid and inputs: pixelcnn/lib/head.wgsl.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/pixels.wgsl"
#include "pixelcnn/lib/head.wgsl"
#include "pixelcnn/lib/likelihood.wgsl"

@compute @workgroup_size(threads)
fn score(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  load_weights(thread);
  workgroupBarrier();
  let place = place_of(workgroup.x + params.first_workgroup, thread);
  var nats = 0.0;
  if (place.position < positions()) {
    nats = log_bernoulli(head_of(place).logit, is_on(place.image, place.position));
  }
  write_partial(place, thread, nats);
}
