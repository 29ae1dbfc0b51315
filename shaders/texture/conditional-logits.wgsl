// The logit of p(x_i = 1 | x_<i): the shared table's entry for what the places before i show.
// Reference: logits in src/models/texture/reference.ts. Grid: x = ceil(images * pixels / 256).
#include "texture/lib/reading.wgsl"

@group(0) @binding(4) var<storage, read_write> out: array<f32>; // [images, pixels]

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
