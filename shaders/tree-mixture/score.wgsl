// log p(x) = log of the sum over components of pi_k prod_i p(x_i | x_pa_k(i), k), in 3 parts that the host adds in f64.
// Reference: logLikelihood in src/models/tree-mixture/reference.ts. Grid and inputs: tree-mixture/lib/joint.wgsl.
#include "tree-mixture/lib/joint.wgsl"

@compute @workgroup_size(threads)
fn score(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of(workgroup.x + params.first_workgroup, thread);
  write_partial(place, joint_of(place, thread));
}
