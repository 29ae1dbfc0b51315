// The E-step of EM: r_k = p(k | x) of every image, and log p(x) as in tree-mixture/score.wgsl.
// Reference: emIteration in src/models/tree-mixture/reference.ts. Grid and inputs: tree-mixture/lib/joint.wgsl.
#include "tree-mixture/lib/joint.wgsl"

@group(0) @binding(7) var<storage, read_write> responsibility: array<vec4<f32>>; // [images, vectors], padding 0

@compute @workgroup_size(threads)
fn responsibilities(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of(workgroup.x + params.first_workgroup, thread);
  let joint = joint_of(place, thread);
  write_partial(place, joint);
  if (place.image < params.images) {
    let row = place.image * params.vectors;
    if (place.lane < params.vectors) {
      responsibility[row + place.lane] = joint.low / joint.sum;
    }
    if (place.lane + params.lanes < params.vectors) {
      responsibility[row + place.lane + params.lanes] = joint.high / joint.sum;
    }
  }
}
