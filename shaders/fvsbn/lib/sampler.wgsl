// The sampler of fvsbn/sample.wgsl and of its variant for subgroups. Every thread keeps the state of its own pixels, so that threads agree on
// nothing but the next pixel that turns on. The including kernel declares `threads`, and `earliest` of lib/earliest.wgsl.
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

// Pixels whose state lies in workgroup memory: all of 28 x 28. Those of larger grids beyond them stay in `state`.
const near_pixels = 1024u;

var<workgroup> near: array<f32, 1024>; // logit - threshold

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

// Draws pixels `first` to `end` - 1 of an image. Barriers inside: to be called by every thread of the workgroup.
fn draw(image: u32, thread: u32) {
  let base = image * params.pixels;
  // Every thread reads and writes the state of its own pixels only: thread, thread + threads, ...
  for (var pixel = thread; pixel < params.pixels; pixel += threads) {
    if (params.first == 0u) {
      set_above(base, pixel, bias[pixel] - or_given(threshold_of(indices[image], pixel), pixel));
    } else {
      set_above(base, pixel, state[base + pixel]);
    }
  }
  var cursor = params.first;
  loop {
    // The first own pixel at or after the cursor.
    var pixel = cursor + (thread + threads - cursor % threads) % threads;
    while (pixel < params.end && above(base, pixel) <= 0.0) {
      pixel += threads;
    }
    let fired = earliest(pixel, params.end, thread);
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
