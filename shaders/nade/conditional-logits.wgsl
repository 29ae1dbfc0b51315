// The logits of p(x_i = 1 | x_<i) themselves.
// Reference: logits in src/models/nade/reference.ts. Grid and inputs: nade/lib/outputs.wgsl.
#include "nade/lib/outputs.wgsl"

@group(0) @binding(6) var<storage, read_write> out: array<f32>; // [all_images, pixels]

@compute @workgroup_size(threads)
fn conditional_logits(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of(workgroup.x + params.first_workgroup);
  read_logits(place, thread);
  let pixel = place.word * 32u + (thread & 31u);
  // Pixels of an image are neighbours in memory.
  for (var own = thread >> 5u; own < tile_images; own += 2u) {
    let image = place.image + own;
    if (image < params.images && pixel < params.pixels) {
      out[(params.first_image + image) * params.pixels + pixel] = logits[thread & 31u][own];
    }
  }
}
