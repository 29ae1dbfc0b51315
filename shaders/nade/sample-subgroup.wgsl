// nade/sample.wgsl for devices whose subgroups all have as many threads: an image is one subgroup's. A thread keeps every `threads`-th chunk of
// hidden units, their sums and what they are, so that threads exchange nothing but sums over units and the next pixel that turns on.
//
// Grid: x = images, one workgroup of `threads` threads each, four or more.
enable subgroups;

#include "nade/lib/sampler.wgsl"
#include "nade/lib/how-far.wgsl"
#include "nade/lib/rows.wgsl"
#include "lib/earliest-subgroup.wgsl"

// Those of a subgroup.
override threads: u32 = 32u;

// Each read and written by one thread only.
var<workgroup> sums: array<vec4<f32>, 128>; // [2 chunks], a
var<workgroup> units: array<vec4<f32>, 128>; // [2 chunks]

// The parts of the logits of four pixels from `pixel` on that the thread's units add. Pixels beyond the last repeat it.
fn parts_of_four(pixel: u32, thread: u32) -> vec4<f32> {
  let last = params.pixels - 1u;
  var sum = vec4<f32>();
  for (var chunk = thread; chunk < params.chunks; chunk += threads) {
    let low = units[2u * chunk];
    let high = units[2u * chunk + 1u];
    for (var k = 0u; k < 4u; k++) {
      let v = output_eight(min(pixel + k, last), chunk);
      sum[k] += dot(low, v.low) + dot(high, v.high);
    }
  }
  return sum;
}

// The first of `ahead` pixels from `cursor` on, before `end`, whose logit lies above its threshold; `end` where there is none. Barriers inside:
// to be called by every thread of the workgroup.
fn first_firing(image: u32, cursor: u32, ahead: u32, end: u32, thread: u32) -> u32 {
  var own = end;
  for (var four = 0u; four < ahead; four += 4u) {
    let logits = subgroupAdd(parts_of_four(cursor + four, thread));
    let pixel = cursor + four + (thread & 3u);
    if (thread < 4u && pixel < end && bias[pixel] + logits[thread & 3u] > threshold(image, pixel)) {
      own = min(own, pixel);
    }
  }
  return earliest(own, end, thread);
}

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = workgroup.x + params.first_workgroup;
  let carried = image * 2u * params.chunks;
  draw_thresholds(image, thread);
  for (var chunk = thread; chunk < params.chunks; chunk += threads) {
    for (var four = 2u * chunk; four < 2u * chunk + 2u; four++) {
      if (params.first == 0u) {
        sums[four] = hidden_bias[four];
      } else {
        sums[four] = state[carried + four];
      }
      units[four] = opened(sums[four]);
    }
  }
  var ahead = few_ahead;
  var cursor = params.first;
  while (cursor < params.end) {
    let fired = first_firing(image, cursor, ahead, params.end, thread);
    if (fired < params.end) {
      if (thread == 0u) {
        turn_on(image, fired);
      }
      for (var chunk = thread; chunk < params.chunks; chunk += threads) {
        for (var four = 2u * chunk; four < 2u * chunk + 2u; four++) {
          sums[four] += input_four(fired, four);
          units[four] = opened(sums[four]);
        }
      }
      cursor = fired + 1u;
      ahead = few_ahead;
    } else {
      cursor += ahead;
      ahead = many_ahead;
    }
  }
  for (var chunk = thread; chunk < params.chunks; chunk += threads) {
    state[carried + 2u * chunk] = sums[2u * chunk];
    state[carried + 2u * chunk + 1u] = sums[2u * chunk + 1u];
  }
}
