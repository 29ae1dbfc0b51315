// Samples by first firing: the same images as ancestral sampling, in as many rounds as pixels turn on.
//
// A pixel that is off adds nothing to any logit. So, with the logits of all pixels kept up to date, the first pixel at or
// after `cursor` whose logit lies above its threshold logit(u) is the next one to turn on: those before it stay off
// without changing anything. It turns on, its row of weights is added, and the search continues after it.
// Reference: blockSampler in src/models/fvsbn/cpu.ts, u < sigmoid(logit / temperature).
//
// Grid: x = images, one workgroup of 64 threads each. Decides pixels `first` to `end` - 1; `state` carries over from dispatch to
// dispatch, and meanwhile lies in workgroup memory, as far as there is room.
#include "lib/sampling.wgsl"
#include "lib/given.wgsl"
#include "fvsbn/lib/packing.wgsl"

struct Params {
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bias: array<f32>; // [pixels]
@group(0) @binding(2) var<storage, read> weight: array<f32>; // [pixels (pixels - 1) / 2], packed rows
@group(0) @binding(3) var<storage, read_write> state: array<f32>; // [images, pixels], logit - threshold
@group(0) @binding(4) var<storage, read> indices: array<u32>; // [images], number of each image
@group(0) @binding(5) var<storage, read_write> images: array<u32>; // [images, words_per_image]
@group(0) @binding(6) var<storage, read> given: array<u32>; // [words_per_image, 2]

const threads = 64u;

// Pixels whose state lies in workgroup memory: all of 28 x 28. Those of larger grids beyond them stay in `state`.
const near_pixels = 1024u;

var<workgroup> near: array<f32, 1024>; // logit - threshold
var<workgroup> first_firing: atomic<u32>;
var<workgroup> next: u32;

fn above(base: u32, pixel: u32) -> f32 {
  if (pixel < near_pixels) {
    return near[pixel];
  }
  return state[base + pixel];
}

fn set_above(base: u32, pixel: u32, value: f32) {
  if (pixel < near_pixels) {
    near[pixel] = value;
  } else {
    state[base + pixel] = value;
  }
}

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = workgroup.x + params.first_workgroup;
  let base = image * params.pixels;
  // Every thread reads and writes the state of its own pixels only: thread, thread + threads, ...
  for (var pixel = thread; pixel < params.pixels; pixel += threads) {
    if (params.first == 0u) {
      set_above(base, pixel, bias[pixel] - or_given(threshold_of(indices[image], pixel), pixel));
    } else {
      set_above(base, pixel, state[base + pixel]);
    }
  }
  if (thread == 0u) {
    atomicStore(&first_firing, params.end);
  }
  workgroupBarrier();
  var cursor = params.first;
  loop {
    // The first own pixel at or after the cursor.
    var pixel = cursor + (thread + threads - cursor % threads) % threads;
    while (pixel < params.end && above(base, pixel) <= 0.0) {
      pixel += threads;
    }
    if (pixel < params.end) {
      atomicMin(&first_firing, pixel);
    }
    workgroupBarrier();
    if (thread == 0u) {
      // Reset before any thread begins the next round: workgroupUniformLoad is a barrier before and after.
      next = atomicExchange(&first_firing, params.end);
    }
    let fired = workgroupUniformLoad(&next);
    if (fired >= params.end) {
      break;
    }
    if (thread == 0u) {
      turn_on(image, fired);
    }
    cursor = fired + 1u;
    let row = weight_row(fired, params.pixels);
    for (var i = cursor + (thread + threads - cursor % threads) % threads; i < params.pixels; i += threads) {
      set_above(base, i, above(base, i) + weight[row + i - cursor]);
    }
  }
  for (var pixel = thread; pixel < params.pixels; pixel += threads) {
    state[base + pixel] = above(base, pixel);
  }
}
