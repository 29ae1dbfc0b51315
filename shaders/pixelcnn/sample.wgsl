// Ancestral sampling: pixel after pixel, each position's features computed once. What a block's 3x3 convolution looks at
// later is kept in `memory`, a ring over the last width + 1 positions, so that an image costs as much as scoring one.
// Reference: netSampler in src/models/pixelcnn/cpu.ts, u < sigmoid(logit / temperature).
//
// Grid: x = images, one workgroup of 64 threads each. Decides pixels `first` to `end` - 1. Every sum is shared
// by 2 or 4 threads.
#include "lib/sampling.wgsl"
#include "lib/given.wgsl"
#include "pixelcnn/lib/sample-block.wgsl"

struct Params {
  width: u32,
  height: u32,
  blocks: u32,
  first_image: u32, // of those whose memory this is
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ends: array<f32>; // first [50, 32], last [33, 32], logit [33]
@group(0) @binding(2) var<storage, read> down: array<f32>; // [blocks, 33, 16]
@group(0) @binding(3) var<storage, read> middle: array<f32>; // [blocks, 145, 16]
@group(0) @binding(4) var<storage, read> up: array<f32>; // [blocks, 17, 32]
@group(0) @binding(5) var<storage, read> indices: array<u32>; // [images of all]
@group(0) @binding(6) var<storage, read_write> memory: array<f32>; // [images, blocks, width + 1, 16]
@group(0) @binding(7) var<storage, read_write> images: array<u32>; // [images of all, words_per_image]
@group(0) @binding(8) var<storage, read> given: array<u32>; // [words_per_image, 2]

const threads = 64u;
const last_start = 1600u;
const logit_start = 2656u;
const bound = 1048576.0;

var<workgroup> stream: array<f32, 32>;
var<workgroup> seen: array<f32, 80>; // [5 taps, 16]
var<workgroup> mixed: array<f32, 16>;
var<workgroup> shares: array<f32, 64>;

fn pixel_at(image: u32, row: u32, column: u32) -> f32 {
  // Unsigned numbers wrap around: above and left of the grid are not inside.
  if (row >= params.height || column >= params.width) {
    return 0.0;
  }
  let pixel = row * params.width + column;
  let word = images[image * params.words_per_image + (pixel >> 5u)];
  return f32((word >> (pixel & 31u)) & 1u);
}

fn first_layer(image: u32, position: u32, channel: u32) -> f32 {
  var sum = ends[49u * 32u + channel];
  for (var tap = 0u; tap < 24u; tap++) {
    let row = position / params.width + tap / 7u - 3u;
    let column = position % params.width + tap % 7u - 3u;
    sum += pixel_at(image, row, column) * ends[tap * 32u + channel];
  }
  return clamp(sum, -bound, bound);
}

// The terms of the logit, one a channel, into `stream`. Barriers inside.
fn head(thread: u32) {
  let channel = thread & 31u;
  let half = thread >> 5u;
  var sum = 0.0;
  for (var i = half * 16u; i < half * 16u + 16u; i++) {
    sum += max(stream[i], 0.0) * ends[last_start + i * 32u + channel];
  }
  shares[thread] = sum;
  workgroupBarrier();
  if (thread < 32u) {
    let own = ends[last_start + 1024u + channel] + shares[channel] + shares[channel + 32u];
    stream[channel] = max(own, 0.0) * ends[logit_start + channel];
  }
  workgroupBarrier();
}

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = workgroup.x + params.first_workgroup;
  let image = params.first_image + slot;
  for (var position = params.first; position < params.end; position++) {
    if (thread < 32u) {
      stream[thread] = first_layer(image, position, thread);
    }
    workgroupBarrier();
    for (var block = 0u; block < params.blocks; block++) {
      add_block(slot, block, position, thread);
    }
    head(thread);
    if (thread == 0u) {
      var logit = ends[logit_start + 32u];
      for (var channel = 0u; channel < 32u; channel++) {
        logit += stream[channel];
      }
      if (logit > or_given(threshold_of(indices[image], position), position)) {
        turn_on(image, position);
      }
    }
    // What this position wrote, pixel and memory, the next one reads.
    storageBarrier();
    workgroupBarrier();
  }
}
