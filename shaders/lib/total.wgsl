// The sum of a number of each of the 64 threads of a workgroup, in a fixed order, to all of them. lib/total-subgroup.wgsl is the same for
// workgroups of one subgroup.

var<workgroup> sums: array<f32, 64>; // [threads]
var<workgroup> parts: array<f32, 8>; // sums of eight threads each

// Barriers inside: to be called by every thread of the workgroup.
fn total(own: f32, thread: u32) -> f32 {
  sums[thread] = own;
  workgroupBarrier();
  if (thread < 8u) {
    var part = 0.0;
    for (var other = 0u; other < 8u; other++) {
      part += sums[8u * thread + other];
    }
    parts[thread] = part;
  }
  // Neither is written again before all threads have read it: each waits for a barrier that comes after the reading.
  workgroupBarrier();
  var sum = 0.0;
  for (var part = 0u; part < 8u; part++) {
    sum += parts[part];
  }
  return sum;
}
