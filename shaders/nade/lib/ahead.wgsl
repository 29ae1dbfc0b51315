// The logits of the next 16 pixels under hidden units that stay as they are, b_i + V_i . h: the units are spread over the threads, so
// every thread adds up its four of each pixel, and then the threads' shares are summed. Reference: dotRun in src/models/nade/products.ts.
#include "nade/lib/units.wgsl"

const ahead = 16u;

var<workgroup> shares: array<f32, 2048>; // [16 pixels, threads]
var<workgroup> sums: array<f32, 128>; // [16 pixels, 8]

// The first `count` of them, in eight parts each: see `logit_at`. Barriers inside and at the end: to be called by every thread of the workgroup.
fn look_ahead(cursor: u32, count: u32, h: vec4<f32>, thread: u32) {
  for (var slot = 0u; slot < count; slot++) {
    shares[slot * threads + thread] = dot(h, output_of(cursor + slot, thread));
  }
  workgroupBarrier();
  if ((thread >> 3u) < count) {
    var sum = 0.0;
    for (var k = 0u; k < 16u; k++) {
      sum += shares[(thread >> 3u) * threads + (thread & 7u) + 8u * k];
    }
    sums[thread] = sum;
  }
  workgroupBarrier();
}

// The logit of pixel `cursor + slot` of the last look ahead.
fn logit_at(pixel: u32, slot: u32) -> f32 {
  var logit = bias[pixel];
  for (var k = 0u; k < 8u; k++) {
    logit += sums[slot * 8u + k];
  }
  return logit;
}
