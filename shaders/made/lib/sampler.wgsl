// The sampler of made/sample.wgsl and of its variant for subgroups. Unit k belongs to thread k mod `threads` in every layer, and so do thresholds.
// The including kernel declares `threads`, and `total` of lib/total.wgsl.
#include "lib/sampling.wgsl"

struct Params {
  hidden: u32,
  layers: u32,
  direct: u32, // 1 where pixels are also seen directly
  first_image: u32, // in `images`
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
#include "made/lib/plan.wgsl"
@group(0) @binding(2) var<storage, read> direct: array<f32>; // [pixels, pixels]; read where there are such connections
@group(0) @binding(3) var<storage, read> weight_1: array<f32>; // [pixels, hidden]
@group(0) @binding(4) var<storage, read> weight_2: array<f32>; // [hidden, hidden]; read where there are 2 layers
@group(0) @binding(5) var<storage, read> weight_3: array<f32>; // [hidden, hidden]; read where there are 3 layers
@group(0) @binding(6) var<storage, read> output: array<f32>; // [pixels, hidden]
@group(0) @binding(7) var<storage, read_write> state: array<f32>; // [images, layers * hidden + pixels + 1]: units by layer, thresholds by place, order
@group(0) @binding(8) var<storage, read_write> images: array<u32>; // [all images, words_per_image]

var<workgroup> units_1: array<f32, 1000>; // before the rectifier
var<workgroup> units_2: array<f32, 1000>;
var<workgroup> units_3: array<f32, 1000>;

// The thread's first unit from `from` on.
fn own_from(unit: u32, thread: u32) -> u32 {
  return unit + (thread + threads - unit % threads) % threads;
}

fn deepest(unit: u32) -> f32 {
  switch params.layers {
    case 1u: { return max(0.0, units_1[unit]); }
    case 2u: { return max(0.0, units_2[unit]); }
    default: { return max(0.0, units_3[unit]); }
  }
}

// Draws places `first` to `end` - 1 of an image. Barriers inside: to be called by every thread of the workgroup.
fn draw(slot: u32, thread: u32) {
  let image = params.first_image + slot;
  let hidden = params.hidden;
  let base = slot * (params.layers * hidden + params.pixels + 1u);
  let thresholds = base + params.layers * hidden;
  let order = u32(state[thresholds + params.pixels]);
  for (var unit = thread; unit < hidden; unit += threads) {
    units_1[unit] = state[base + unit];
    if (params.layers > 1u) {
      units_2[unit] = state[base + hidden + unit];
    }
    if (params.layers > 2u) {
      units_3[unit] = state[base + 2u * hidden + unit];
    }
  }
  for (var place = params.first; place < params.end; place++) {
    let pixel = pixel_of(order, place);
    let row = pixel * hidden;
    let settled = units_below(place);
    var own = 0.0;
    for (var unit = thread; unit < settled; unit += threads) {
      own += output[row + unit] * deepest(unit);
    }
    if (place % threads == thread) {
      own -= state[thresholds + place];
    }
    let sum = total(own, thread);
    if (sum > 0.0) {
      if (thread == 0u) {
        turn_on(image, pixel);
      }
      if (params.direct == 1u) {
        for (var later = own_from(place + 1u, thread); later < params.pixels; later += threads) {
          state[thresholds + later] -= direct[pixel * params.pixels + pixel_of(order, later)];
        }
      }
      for (var unit = own_from(settled, thread); unit < hidden; unit += threads) {
        units_1[unit] += weight_1[row + unit];
      }
    }
    let end = units_below(place + 1u);
    if (params.layers > 1u) {
      workgroupBarrier();
      for (var unit = own_from(settled, thread); unit < hidden; unit += threads) {
        for (var input = settled; input < end; input++) {
          units_2[unit] += max(0.0, units_1[input]) * weight_2[input * hidden + unit];
        }
      }
    }
    if (params.layers > 2u) {
      workgroupBarrier();
      for (var unit = own_from(settled, thread); unit < hidden; unit += threads) {
        for (var input = settled; input < end; input++) {
          units_3[unit] += max(0.0, units_2[input]) * weight_3[input * hidden + unit];
        }
      }
    }
  }
  for (var unit = thread; unit < hidden; unit += threads) {
    state[base + unit] = units_1[unit];
    if (params.layers > 1u) {
      state[base + hidden + unit] = units_2[unit];
    }
    if (params.layers > 2u) {
      state[base + 2u * hidden + unit] = units_3[unit];
    }
  }
}
