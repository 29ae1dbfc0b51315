// The logit of every position. Reference: logits in src/models/pixelcnn/reference.ts. Grid and inputs: pixelcnn/lib/head.wgsl.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/head.wgsl"

@group(0) @binding(5) var<storage, read_write> out: array<f32>; // [batch, positions]

@compute @workgroup_size(threads)
fn write_logits(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_in_part(workgroup.x, thread);
  if (place.row >= params.height) {
    return;
  }
  let logits = logits_of(place);
  for (var r = 0u; r < place.rows; r++) {
    out[((params.first_image + place.image) * params.height + place.row + r) * params.width + place.column] = logits[r];
  }
}
