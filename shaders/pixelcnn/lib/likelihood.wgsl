// log p of a workgroup's 64 stacks, summed in a fixed order; the host adds the parts of an image in f64.
#include "lib/math.wgsl"

@group(0) @binding(5) var<storage, read_write> partial: array<f32>; // [parts, batch]

var<workgroup> log_p: array<f32, threads>;

// Barriers inside: to be called by every thread of the workgroup.
fn write_partial(image: u32, part: u32, thread: u32, nats: f32) {
  log_p[thread] = nats;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half = half / 2u) {
    if (thread < half) {
      log_p[thread] += log_p[thread + half];
    }
    workgroupBarrier();
  }
  if (thread == 0u) {
    partial[part * params.batch + params.first_image + image] = log_p[0];
  }
}
