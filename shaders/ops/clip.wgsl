// By what a gradient is multiplied so that it is no longer than `clip` times the running mean of lengths, and that mean after it: the
// step of this frame reads it without a readback.
// Reference: clipLength in src/engine/backends/clip.ts. Grid: one workgroup of 256 threads.
#include "lib/reduce.wgsl"

struct Params {
  count: u32,
  clip: f32,
  gain: f32, // 1 / min(step, CLIP_STEPS)
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> squares: array<f32>; // [count]
@group(0) @binding(2) var<storage, read_write> clip: array<f32>; // [2]: the factor, and the mean length, 0 before the first step

@compute @workgroup_size(threads)
fn bound_length(@builtin(local_invocation_index) thread: u32) {
  var own = 0.0;
  for (var i = thread; i < params.count; i += threads) {
    own += squares[i];
  }
  let total = reduce_sum(thread, own, 1u);
  if (thread == 0u) {
    let length = sqrt(total);
    let mean = clip[1];
    let bound = params.clip * mean;
    let clipped = mean > 0.0 && length > bound;
    clip[0] = select(1.0, bound / max(length, 1e-30), clipped);
    clip[1] = mean + params.gain * (select(length, bound, clipped) - mean);
  }
}
