// Sum over a workgroup of 256 threads, in a fixed order: the same bits every time.

const threads = 256u;

var<workgroup> reduce_slots: array<f32, 256>;

// Valid in thread 0. Barriers inside: to be called by every thread of the workgroup, once.
fn reduce_sum(thread: u32, value: f32) -> f32 {
  reduce_slots[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half = half / 2u) {
    if (thread < half) {
      reduce_slots[thread] += reduce_slots[thread + half];
    }
    workgroupBarrier();
  }
  return reduce_slots[0];
}
