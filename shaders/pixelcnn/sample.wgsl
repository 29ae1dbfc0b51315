// Ancestral sampling: pixel after pixel, each position's features computed once. What a block's 3x3 convolution looks at
// later is kept in `memory`, a ring over the last width + 1 positions, so that an image costs as much as scoring one.
// Reference: netSampler in src/models/pixelcnn/cpu.ts, u < sigmoid(logit / temperature).
//
// Grid: x = ceil(images / 4), one workgroup of 64 threads for 4 images, which are the components of all vectors: they share every
// weight that is read and every barrier. Decides pixels `first` to `end` - 1. Every sum is shared by 2 or 4 threads, and added up by
// those that need it. With B blocks a pixel takes 3 B + 3 barriers.
#include "lib/sampling.wgsl"
#include "lib/given.wgsl"
#include "lib/packed-weights.wgsl"
#include "pixelcnn/lib/sample-block.wgsl"

struct Params {
  width: u32,
  height: u32,
  blocks: u32,
  first_image: u32, // of those whose memory this is
  before: u32, // where each tensor begins in `weights`: [50, 32]
  down: u32, // [blocks, 33, 16]
  middle: u32, // [blocks, 145, 16]
  up: u32, // [blocks, 17, 32]
  last: u32, // [33, 32]
  logit: u32, // [33]
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<u32>; // all tensors, one after the other: see lib/packed-weights.wgsl
@group(0) @binding(2) var<storage, read> indices: array<u32>; // [images of all]
@group(0) @binding(3) var<storage, read_write> memory: array<vec4<f32>>; // [ceil(images / 4), blocks, width + 1, 16]
@group(0) @binding(4) var<storage, read_write> images: array<u32>; // [images of all, words_per_image]
@group(0) @binding(5) var<storage, read> given: array<u32>; // [words_per_image, 2]

const threads = 64u;
const together = 4u;
const bound = 1048576.0;

var<workgroup> stream: array<vec4<f32>, 64>; // [2, 32]: those of even and of odd blocks
var<workgroup> earlier: array<vec4<f32>, 240>; // [blocks, 16]: what each convolution adds up of earlier positions
var<workgroup> down_shares: array<vec4<f32>, 64>; // [4, 16]
var<workgroup> middle_shares: array<vec4<f32>, 64>; // [4, 16]
var<workgroup> up_shares: array<vec4<f32>, 64>; // [2, 32]
var<workgroup> thresholds: array<f32, 4>;

// Whether a pixel is on, 1 or 0, in each of the 4 images from `image` on.
fn pixel_at(image: u32, row: u32, column: u32) -> vec4<f32> {
  // Unsigned numbers wrap around: above and left of the grid are not inside.
  if (row >= params.height || column >= params.width) {
    return vec4<f32>();
  }
  let pixel = row * params.width + column;
  let w = params.words_per_image;
  let at = image * w + (pixel >> 5u);
  let words = vec4<u32>(images[at], images[at + w], images[at + 2u * w], images[at + 3u * w]);
  return vec4<f32>((words >> vec4<u32>(pixel & 31u)) & vec4<u32>(1u));
}

fn first_layer(image: u32, position: u32, channel: u32) -> vec4<f32> {
  var sum = vec4<f32>(weight(params.before + 49u * 32u + channel));
  for (var tap = 0u; tap < 24u; tap++) {
    let row = position / params.width + tap / 7u - 3u;
    let column = position % params.width + tap % 7u - 3u;
    sum += weight(params.before + tap * 32u + channel) * pixel_at(image, row, column);
  }
  return clamp(sum, vec4<f32>(-bound), vec4<f32>(bound));
}

// Half of the sum for each of the last layer's channels.
fn last_layer(thread: u32) -> vec4<f32> {
  let channel = thread & 31u;
  let half = thread >> 5u;
  var sum = vec4<f32>();
  for (var i = half * 16u; i < half * 16u + 16u; i++) {
    sum += max(stream_behind(params.blocks, i), vec4<f32>()) * weight(params.last + i * 32u + channel);
  }
  return sum;
}

// The logits of the 4 images.
fn logits() -> vec4<f32> {
  var sum = vec4<f32>(weight(params.logit + 32u));
  for (var channel = 0u; channel < 32u; channel++) {
    let own = weight(params.last + 1024u + channel) + down_shares[channel] + down_shares[channel + 32u];
    sum += max(own, vec4<f32>()) * weight(params.logit + channel);
  }
  return sum;
}

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = workgroup.x + params.first_workgroup;
  let image = params.first_image + slot * together;
  let own = image + (thread & 3u);
  // The last workgroup may have fewer.
  let is_there = slot * together + (thread & 3u) < params.images;
  for (var position = params.first; position < params.end; position++) {
    if (thread < 32u) {
      stream[thread] = first_layer(image, position, thread);
    } else if (thread < 36u && is_there) {
      thresholds[thread & 3u] = or_given(threshold_of(indices[own], position), position);
    }
    look_back(slot, position, thread);
    workgroupBarrier();
    for (var block = 0u; block < params.blocks; block++) {
      add_block(slot, block, position, thread);
    }
    // The way down of the block before is long read.
    down_shares[thread] = last_layer(thread);
    workgroupBarrier();
    if (thread < together && is_there && logits()[thread] > thresholds[thread]) {
      turn_on(own, position);
    }
    // What this position wrote, pixel and memory, the next one reads.
    storageBarrier();
    workgroupBarrier();
  }
}
