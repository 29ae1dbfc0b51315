// log p(x) = sum over i of log Bernoulli(x_i; sigmoid(logit_i)), in one part a word of 32 pixels; the host adds them in f64.
// Reference: logLikelihood in src/models/nade/reference.ts. Grid and inputs: nade/lib/outputs.wgsl.
#include "nade/lib/outputs.wgsl"
#include "nade/lib/likelihood.wgsl"

fn own_on(place: Place, thread: u32) -> bool {
  return ((word_of(image_of(place, thread & 3u), place.word) >> own_pixel(thread)) & 1u) == 1u;
}

@compute @workgroup_size(threads)
fn score(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of(workgroup.x + params.first_workgroup);
  read_logits(place, thread);
  write_partial(place, thread, log_bernoulli(own_logit(thread), own_on(place, thread)));
}
