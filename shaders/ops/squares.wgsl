// out[w] = sum of the squares of the values of workgroup w, in a fixed order.
// Reference: lengthOf in src/engine/backends/clip.ts. Grid: x = ceil(count / 4096) workgroups of 256 threads, 16 numbers a thread.
#include "lib/reduce.wgsl"

struct Params {
  count: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>; // [count]
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

const numbers = 4096u;

@compute @workgroup_size(threads)
fn squares(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let chunk = workgroup.x + params.first_workgroup;
  let end = min((chunk + 1u) * numbers, params.count);
  var own = 0.0;
  for (var i = chunk * numbers + thread; i < end; i += threads) {
    own += values[i] * values[i];
  }
  let total = reduce_sum(thread, own, 1u);
  if (thread == 0u) {
    out[chunk] = total;
  }
}
