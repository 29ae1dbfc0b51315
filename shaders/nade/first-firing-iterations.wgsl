// Samples by first firing, a number of iterations of every image. While pixels stay off the hidden units stay as they are, so an iteration
// computes the logits of the pixels after the last one that turned on, a few at a time, up to the first above its threshold; that one
// turns on and changes the units. The iteration that finds none ends the image. nade/sample.wgsl does the same a number of
// pixels at a time. Reference: src/models/nade/first-firing.ts.
//
// Grid: x = images, one workgroup of 128 threads each. `state` and `cursors` carry over.
#include "lib/sampling.wgsl"

struct Params {
  chunks: u32, // eights of hidden units
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bias: array<f32>; // [pixels]
@group(0) @binding(2) var<storage, read> input: array<vec4<u32>>; // [pixels, chunks], see lib/weight-rows.wgsl
@group(0) @binding(3) var<storage, read> output: array<vec4<u32>>; // [pixels, chunks]
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>; // [images, 2 chunks], sums a, those of a blank image at first
@group(0) @binding(5) var<storage, read> indices: array<u32>; // [images], number of each image
@group(0) @binding(6) var<storage, read_write> cursors: array<u32>; // [images], zero at first: where the next iteration begins
@group(0) @binding(7) var<storage, read_write> images: array<u32>; // [images, words_per_image], blank at first
@group(0) @binding(8) var<storage, read_write> finished: array<u32>; // [images], zero at first: iterations taken
#include "nade/lib/ahead.wgsl"
#include "nade/lib/carried.wgsl"


var<workgroup> next: u32;

fn threshold(image: u32, pixel: u32) -> f32 {
  return threshold_of(indices[image], pixel);
}

// The first pixel from `start` on whose logit lies above its threshold; `pixels` where there is none. Barriers inside.
fn search(image: u32, start: u32, thread: u32) -> u32 {
  var fired = params.pixels;
  var ahead = few_ahead;
  for (var cursor = start; cursor < params.pixels && fired == params.pixels; ) {
    fired = first_firing(image, cursor, ahead, params.pixels, thread);
    cursor += ahead;
    ahead = many_ahead;
  }
  return fired;
}

@compute @workgroup_size(threads)
fn advance(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = workgroup.x + params.first_workgroup;
  if (thread == 0u) {
    // A finished image has no pixels left to search.
    next = select(cursors[image], params.pixels, finished[image] > 0u);
  }
  var cursor = workgroupUniformLoad(&next);
  if (cursor == params.pixels) {
    // The last pixel has turned on: this iteration finds none, and ends the image unless an earlier one did.
    if (thread == 0u && finished[image] == 0u) {
      finished[image] = params.first + 1u;
    }
    return;
  }
  var a = load_sums(image, thread);
  open_units(a, thread);
  for (var taken = 0u; taken < params.end - params.first; taken++) {
    let fired = search(image, cursor, thread);
    if (fired == params.pixels) {
      if (thread == 0u) {
        finished[image] = params.first + taken + 1u;
      }
      break;
    }
    if (thread == 0u) {
      turn_on(image, fired);
    }
    a += input_four(fired, thread);
    open_units(a, thread);
    cursor = fired + 1u;
  }
  store_sums(image, thread, a);
  if (thread == 0u) {
    cursors[image] = cursor;
  }
}
