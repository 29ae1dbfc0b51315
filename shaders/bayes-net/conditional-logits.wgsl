// The logit of p(x_i = 1 | x_<i): the table's entry for the values of the parents of i.
// Reference: logits in src/models/bayes-net/reference.ts. Grid: x = ceil(images * pixels / 256).
#include "bayes-net/lib/reading.wgsl"

@group(0) @binding(5) var<storage, read> logit: array<f32>; // [entries]
@group(0) @binding(6) var<storage, read_write> out: array<f32>; // [images, pixels]

const threads = 256u;

@compute @workgroup_size(threads)
fn conditional_logits(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = (workgroup.x + params.first_workgroup) * threads + thread;
  let image = slot / params.pixels;
  if (image >= params.images) {
    return;
  }
  out[slot] = logit[entry_of(image * params.words_per_image, slot % params.pixels)];
}
