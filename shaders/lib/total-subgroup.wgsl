// The sum of a number of each thread, to all of them, in a workgroup that is one subgroup: see lib/total.wgsl. Its barriers wait for no other
// subgroup.
var<workgroup> agreed: f32;

// Barriers inside: to be called by every thread of the workgroup.
fn total(own: f32, thread: u32) -> f32 {
  let sum = subgroupAdd(own);
  if (thread == 0u) {
    agreed = sum;
  }
  return workgroupUniformLoad(&agreed);
}
