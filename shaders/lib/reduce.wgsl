// Sums over a workgroup of 256 threads, in a fixed order: the same bits every time.

const threads = 256u;

var<workgroup> reduce_slots: array<f32, 256>;

// Sum number `thread` of `parts`, a power of two, in the threads below `parts`; it covers every parts-th thread's value.
// Barriers inside: to be called by every thread of the workgroup, once, with the same `parts`.
fn reduce_sum(thread: u32, value: f32, parts: u32) -> f32 {
  reduce_slots[thread] = value;
  workgroupBarrier();
  for (var half = threads / 2u; half >= parts; half = half / 2u) {
    if (thread < half) {
      reduce_slots[thread] += reduce_slots[thread + half];
    }
    workgroupBarrier();
  }
  return reduce_slots[thread];
}
