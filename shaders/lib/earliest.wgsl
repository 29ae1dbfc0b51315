// The least number that a thread of the workgroup has found, to all of them: where the next pixel turns on. lib/earliest-subgroup.wgsl is
// the same for workgroups of one subgroup.

// Kept as distances from the largest number, so that the 0 that workgroup memory begins with stands for none.
var<workgroup> nearest: atomic<u32>;
var<workgroup> agreed: u32;

// `most` where no thread's number lies below it. Barriers inside: to be called by every thread of the workgroup.
fn earliest(own: u32, most: u32, thread: u32) -> u32 {
  if (own < most) {
    atomicMax(&nearest, 0xffffffffu - own);
  }
  workgroupBarrier();
  if (thread == 0u) {
    // Reset before any thread gives another: workgroupUniformLoad is a barrier before and after.
    agreed = min(0xffffffffu - atomicExchange(&nearest, 0u), most);
  }
  return workgroupUniformLoad(&agreed);
}
