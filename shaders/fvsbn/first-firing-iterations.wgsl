// Samples by first firing, a number of iterations of every image: an iteration finds the first pixel after the last one that turned on whose
// logit lies above its threshold, temperature * logit(u), and adds its row of weights; those between stay off without
// changing anything. The iteration that finds none ends the image. fvsbn/sample.wgsl does the same a number of pixels at a time.
// Reference: src/models/fvsbn/first-firing.ts.
//
// Grid: x = images, one workgroup of 64 threads each. `state` and `cursors` carry over.
#include "lib/sampling.wgsl"
#include "fvsbn/lib/packing.wgsl"

struct Params {
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bias: array<f32>; // [pixels]
@group(0) @binding(2) var<storage, read> weight: array<f32>; // [pixels (pixels - 1) / 2], packed rows
@group(0) @binding(3) var<storage, read_write> state: array<f32>; // [images, pixels], logit - threshold
@group(0) @binding(4) var<storage, read> indices: array<u32>; // [images], number of each image
@group(0) @binding(5) var<storage, read_write> cursors: array<u32>; // [images], zero at first: where the next iteration begins
@group(0) @binding(6) var<storage, read_write> images: array<u32>; // [images, words_per_image], blank at first
@group(0) @binding(7) var<storage, read_write> finished: array<u32>; // [images], zero at first: iterations taken

const threads = 64u;

var<workgroup> first_firing: atomic<u32>;
var<workgroup> next: u32;

@compute @workgroup_size(threads)
fn advance(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = workgroup.x + params.first_workgroup;
  let base = image * params.pixels;
  if (params.first == 0u) {
    for (var pixel = thread; pixel < params.pixels; pixel += threads) {
      state[base + pixel] = bias[pixel] - threshold_of(indices[image], pixel);
    }
  }
  if (thread == 0u) {
    atomicStore(&first_firing, params.pixels);
    // A finished image has no pixels left to search.
    next = select(cursors[image], params.pixels, finished[image] > 0u);
  }
  storageBarrier();
  var cursor = workgroupUniformLoad(&next);
  if (cursor == params.pixels) {
    // The last pixel has turned on: this iteration finds none, and ends the image unless an earlier one did.
    if (thread == 0u && finished[image] == 0u) {
      finished[image] = params.first + 1u;
    }
    return;
  }
  for (var taken = 0u; taken < params.end - params.first; taken++) {
    // Every thread reads and writes the state of its own pixels only: thread, thread + threads, ...
    var pixel = cursor + (thread + threads - cursor % threads) % threads;
    while (pixel < params.pixels && state[base + pixel] <= 0.0) {
      pixel += threads;
    }
    if (pixel < params.pixels) {
      atomicMin(&first_firing, pixel);
    }
    workgroupBarrier();
    if (thread == 0u) {
      // Reset before any thread begins the next iteration: workgroupUniformLoad is a barrier before and after.
      next = atomicExchange(&first_firing, params.pixels);
    }
    let fired = workgroupUniformLoad(&next);
    if (fired == params.pixels) {
      if (thread == 0u) {
        finished[image] = params.first + taken + 1u;
      }
      break;
    }
    if (thread == 0u) {
      turn_on(image, fired);
    }
    cursor = fired + 1u;
    let row = weight_row(fired, params.pixels);
    for (var i = cursor + (thread + threads - cursor % threads) % threads; i < params.pixels; i += threads) {
      state[base + i] += weight[row + i - cursor];
    }
  }
  if (thread == 0u) {
    cursors[image] = cursor;
  }
}
