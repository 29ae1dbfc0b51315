// Ancestral sampling. An active pixel is computed by itself, once: what later ones look at is kept in `memory`, a ring over the last
// 2 width + 3 pixels. Quiet pixels change nothing while they stay off, so up to 16 of them are computed at a time on that guess; the
// first above its threshold turns on, and the search continues after it. The sums that on-pixels add to stay in registers.
// Reference: openCpu in src/models/sparse-pixelcnn/cpu.ts, u < sigmoid(logit / temperature).
//
// Grid: x = images, one workgroup of 128 threads each. Decides pixels `first` to `end` - 1; `memory` carries over.
#include "lib/sampling.wgsl"
#include "lib/given.wgsl"

struct Params {
  width: u32,
  height: u32,
  blocks: u32,
  first_image: u32, // of those whose memory this is
  relative: u32, // where each tensor begins in `weights`
  absolute: u32,
  position: u32,
  down: u32,
  middle: u32,
  up: u32,
  readout: u32,
  readout_position: u32,
  bias: u32,
  quiet_relative: u32,
  quiet_absolute: u32,
  quiet_position: u32,
  quiet_hidden: u32,
  quiet_readout: u32,
  quiet_readout_position: u32,
  quiet_bias: u32,
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<u32>; // all tensors, one after the other: see lib/packed-weights.wgsl
@group(0) @binding(2) var<storage, read> indices: array<u32>; // [images of all]
@group(0) @binding(3) var<storage, read> given: array<u32>; // [words_per_image, 2]
@group(0) @binding(4) var<storage, read_write> memory: array<f32>; // [images], each the carried sums [192] and u [blocks, ring, 32]
@group(0) @binding(5) var<storage, read_write> images: array<u32>; // [images of all, words_per_image]

const threads = 128u;
const ahead = 16u;
const window_reach = 10u;
// LIMIT and EPSILON of src/models/sparse-pixelcnn/layout.ts.
const bound = 1048576.0;
const epsilon = 0.001;

var<workgroup> room: array<f32, 3088>;

fn memory_start(slot: u32) -> u32 {
  return slot * (192u + params.blocks * (2u * params.width + 3u) * 32u);
}

#include "sparse-pixelcnn/lib/bits.wgsl"

// What the on-pixels in one row of the window add to a channel, whose column of weights begins at `at`.
fn window_sum(image: u32, pixel: u32, k: u32, at: u32, channels: u32) -> f32 {
  var sum = 0.0;
  var on = bits_before(image, pixel / params.width, pixel % params.width, window_reach, k);
  for (; on != 0u; on &= on - 1u) {
    sum += weight(at + (k * (2u * window_reach + 1u) + countTrailingZeros(on)) * channels);
  }
  return sum;
}

#include "lib/earliest.wgsl"
#include "sparse-pixelcnn/lib/sample-products.wgsl"
#include "sparse-pixelcnn/lib/sample-active.wgsl"
#include "sparse-pixelcnn/lib/sample-quiet.wgsl"

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = workgroup.x + params.first_workgroup;
  let image = params.first_image + slot;
  // Sums of the channels thread % 64 of the deep net and `thread` of the other.
  var carried = 0.0;
  var quiet_carried = 0.0;
  if (params.first > 0u) {
    carried = memory[memory_start(slot) + (thread & 63u)];
    quiet_carried = memory[memory_start(slot) + 64u + thread];
  }
  var cursor = params.first;
  loop {
    if (cursor >= params.end) {
      break;
    }
    // How many pixels from the cursor on are quiet, as long as they stay off.
    let most = min(ahead, params.end - cursor);
    let pixel = cursor + thread;
    let is_first = thread < most && is_active(image, pixel / params.width, pixel % params.width);
    let run = earliest(select(most, thread, is_first), most, thread);
    let computed = max(run, 1u);
    var logit: f32;
    if (run == 0u) {
      logit = active_logit(slot, image, cursor, carried, thread);
    } else {
      logit = quiet_logit(image, cursor, run, quiet_carried, thread);
    }
    let fires = thread < computed && logit > or_given(threshold_of(indices[image], pixel), pixel);
    let fired = earliest(select(computed, thread, fires), computed, thread);
    if (fired < computed) {
      let on = cursor + fired;
      carried += weight(params.absolute + on * 64u + (thread & 63u));
      quiet_carried += weight(params.quiet_absolute + on * 128u + thread);
      if (thread == 0u) {
        turn_on(image, on);
      }
    }
    // What this round wrote, pixel and memory, the next one reads.
    storageBarrier();
    cursor += min(fired + 1u, computed);
  }
  if (thread < 64u) {
    memory[memory_start(slot) + thread] = carried;
  }
  memory[memory_start(slot) + 64u + thread] = quiet_carried;
}
