// out[slot] = sum of values[0 .. count - 1], in a fixed order. Grid: one workgroup of 256 threads.
#include "lib/reduce.wgsl"

struct Params {
  count: u32,
  slot: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>; // [count]
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(threads)
fn sum(@builtin(local_invocation_index) thread: u32) {
  var own = 0.0;
  for (var i = thread; i < params.count; i += threads) {
    own += values[i];
  }
  let total = reduce_sum(thread, own, 1u);
  if (thread == 0u) {
    out[params.slot] = total;
  }
}
