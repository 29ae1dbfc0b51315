// Logits of all pixels. Reference: definition in src/models/column/reference.ts. Grid: x = ceil(images / 64), one thread an image.
#include "column/params.wgsl"

@group(0) @binding(1) var<storage, read> logit: array<f32>; // [width]
@group(0) @binding(2) var<storage, read_write> out: array<f32>; // [images, pixels]

@compute @workgroup_size(threads)
fn logits(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = (workgroup.x + params.first_workgroup) * threads + thread;
  if (image >= params.images) {
    return;
  }
  for (var i = 0u; i < params.pixels; i++) {
    out[image * params.pixels + i] = logit[i % params.width];
  }
}
