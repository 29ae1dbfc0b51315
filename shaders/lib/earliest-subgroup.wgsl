// The least number that a thread has found, to all of them, in a workgroup that is one subgroup: see lib/earliest.wgsl. Its barriers wait
// for no other subgroup.
var<workgroup> agreed: u32;

// `most` where no thread's number lies below it. Barriers inside: to be called by every thread of the workgroup.
fn earliest(own: u32, most: u32, thread: u32) -> u32 {
  let least = subgroupMin(own);
  if (thread == 0u) {
    agreed = min(least, most);
  }
  return workgroupUniformLoad(&agreed);
}
