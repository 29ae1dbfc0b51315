// log p(x) = log of the sum over components of pi_k prod_i theta_ki^x_i (1 - theta_ki)^(1 - x_i), in 3 parts that the host
// adds in f64.
// Reference: logLikelihood in src/models/mixture/reference.ts. Grid and inputs: mixture/lib/joint.wgsl.
#include "mixture/lib/joint.wgsl"

@compute @workgroup_size(threads)
fn score(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of(workgroup.x + params.first_workgroup, thread);
  write_partial(place, joint_of(place, thread));
}
