// Hidden units of one image in a sampler, a workgroup of 128 threads: a thread keeps the sums a of four neighbours, 512 in all, more than the
// family allows. The units themselves lie in workgroup memory, where all threads read them. Threads beyond the last four
// compute what no thread reads.
#include "nade/lib/rows.wgsl"

const threads = 128u;

var<workgroup> units: array<vec4<f32>, 128>; // [2 chunks]

// The thread's four units from their sums. A barrier at the end: to be called by every thread of the workgroup.
fn open_units(a: vec4<f32>, thread: u32) {
  units[thread] = opened(a);
  workgroupBarrier();
}
