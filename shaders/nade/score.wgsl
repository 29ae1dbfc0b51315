// log p(x) = sum over i of log Bernoulli(x_i; sigmoid(logit_i)), in one part a word of 32 pixels; the host adds them in f64.
// Reference: logLikelihood in src/models/nade/reference.ts. Grid and inputs: nade/lib/outputs.wgsl.
#include "nade/lib/outputs.wgsl"
#include "nade/lib/likelihood.wgsl"

fn log_p_of(place: Place, image: u32, logit: f32, thread: u32) -> f32 {
  let on = ((word_of(image_of(place, image), place.word) >> own_pixel(thread)) & 1u) == 1u;
  return log_bernoulli(logit, on);
}

@compute @workgroup_size(threads)
fn score(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of(workgroup.x + params.first_workgroup);
  read_logits(place, thread);
  let two = own_logits(thread);
  let image = own_image(thread);
  let log_p = vec2<f32>(log_p_of(place, image, two.x, thread), log_p_of(place, image + 1u, two.y, thread));
  write_partial(place, thread, log_p);
}
