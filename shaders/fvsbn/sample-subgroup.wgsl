// fvsbn/sample.wgsl for devices whose subgroups all have as many threads: an image is one subgroup's.
//
// Grid: x = images, one workgroup of `threads` threads each.
enable subgroups;

#include "fvsbn/lib/sampler.wgsl"
#include "lib/earliest-subgroup.wgsl"

// Those of a subgroup.
override threads: u32 = 32u;

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  draw(workgroup.x + params.first_workgroup, thread);
}
