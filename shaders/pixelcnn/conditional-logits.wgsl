// The logit of every position. Reference: logits in src/models/pixelcnn/reference.ts. Grid and inputs: pixelcnn/lib/head.wgsl.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/head.wgsl"

@group(0) @binding(5) var<storage, read_write> out: array<f32>; // [batch, positions]

@compute @workgroup_size(threads)
fn write_logits(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  load_weights(thread);
  workgroupBarrier();
  let place = place_of(workgroup.x + params.first_workgroup, thread);
  if (place.position < positions()) {
    out[(params.first_image + place.image) * positions() + place.position] = head_of(place).logit;
  }
}
