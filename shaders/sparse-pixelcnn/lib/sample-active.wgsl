// The logit of one active pixel while sampling, on what earlier pixels left in `memory`. Included by sample, whose bindings and
// workgroup memory it uses. Every product is shared by 8 or 4 threads; a thread that needs a number adds its shares itself, so that
// a layer costs one barrier and a block four. Reference: pass in src/models/sparse-pixelcnn/definition.ts.

const none = 0xffffffffu;
// Parts of `room` while an active pixel is computed.
const wide_at = 0u; // [4 shares, 64]
const down_at = 256u; // [8 shares, 32]
const middle_at = 512u; // [8 shares, 32]
const squares_at = 768u; // [8]
const terms_at = 776u; // [8]

var<workgroup> near: array<u32, 8>; // [2 dilations, 4 taps], slot of the neighbour in the ring, or none

fn elu(f: vec4<f32>) -> vec4<f32> {
  return select(exp(min(f, vec4<f32>())) - 1.0, f, f > vec4<f32>());
}

fn weights_at(at: u32) -> vec4<f32> {
  return vec4<f32>(weights[at], weights[at + 1u], weights[at + 2u], weights[at + 3u]);
}

// The sums of 4 neighbouring numbers over `count` shares, `stride` apart.
fn shared_sums(at: u32, count: u32, stride: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var share = 0u; share < count; share++) {
    let own = at + share * stride;
    sum += vec4<f32>(room[own], room[own + 1u], room[own + 2u], room[own + 3u]);
  }
  return sum;
}

// Rows `at`, at + stride, ... of one column of weights times f.
fn column_product(f: vec4<f32>, at: u32, stride: u32) -> f32 {
  return f.x * weights[at] + f.y * weights[at + stride]
    + (f.z * weights[at + 2u * stride] + f.w * weights[at + 3u * stride]);
}

fn ring_length() -> u32 {
  return 2u * params.width + 3u;
}

// Where a block's features of a pixel are kept: as far back as a tap of dilation 2 looks.
fn memory_of(slot: u32, block: u32, ring: u32) -> u32 {
  return memory_start(slot) + 192u + (block * ring_length() + ring) * 32u;
}

// Fills `near`. Threads 0 to 7.
fn look_around(image: u32, pixel: u32, thread: u32) {
  let reach = 1u + (thread >> 2u);
  let tap = (thread & 3u) + 1u;
  // Unsigned numbers wrap around: what lies outside the grid comes out beyond its other edge.
  let row = pixel / params.width - select(0u, reach, tap >= 2u);
  let column = pixel % params.width + select(0u - reach, (tap - 3u) * reach, tap >= 2u);
  near[thread] = none;
  if (row < params.height && column < params.width && is_active(image, row, column)) {
    near[thread] = (row * params.width + column) % ring_length();
  }
}

// Barriers inside: to be called by every thread of the workgroup. `carried` is that of channel thread % 64.
fn active_logit(slot: u32, image: u32, pixel: u32, carried: f32, thread: u32) -> f32 {
  if (thread < 8u) {
    look_around(image, pixel, thread);
  }
  let channel = thread & 63u;
  let quarter = thread >> 6u;
  var sum = 0.0;
  if (quarter == 0u) {
    sum = carried + weights[params.position + pixel * 64u + channel];
  }
  for (var k = quarter; k <= window_reach; k += 4u) {
    sum += window_sum(image, pixel, k, params.relative + channel, 64u);
  }
  room[wide_at + thread] = sum;
  workgroupBarrier();
  let share = thread >> 5u;
  let output = thread & 31u;
  var low = vec4<f32>();
  var high = vec4<f32>();
  var e_low: vec4<f32>;
  var e_high: vec4<f32>;
  for (var block = 0u; block <= params.blocks; block++) {
    low += shared_sums(wide_at + share * 8u, 4u, 64u);
    high += shared_sums(wide_at + share * 8u + 4u, 4u, 64u);
    if (block > 0u) {
      let bias = params.up + ((block - 1u) * 33u + 32u) * 64u + share * 8u;
      low += weights_at(bias);
      high += weights_at(bias + 4u);
    }
    low = clamp(low, vec4<f32>(-bound), vec4<f32>(bound));
    high = clamp(high, vec4<f32>(-bound), vec4<f32>(bound));
    if (output == 0u) {
      room[squares_at + share] = dot(low, low) + dot(high, high);
    }
    workgroupBarrier();
    let squares = shared_sums(squares_at, 2u, 4u);
    let scale = inverseSqrt(((squares.x + squares.y) + (squares.z + squares.w)) / 64.0 + epsilon);
    e_low = elu(scale * low);
    e_high = elu(scale * high);
    if (block == params.blocks) {
      break;
    }
    let down = params.down + (block * 65u + share * 8u) * 32u + output;
    room[down_at + thread] = column_product(e_low, down, 32u) + column_product(e_high, down + 128u, 32u);
    workgroupBarrier();
    let own = elu(shared_sums(down_at + share * 4u, 8u, 32u) + weights_at(params.down + (block * 65u + 64u) * 32u + share * 4u));
    if (output < 4u) {
      memory[memory_of(slot, block, pixel % ring_length()) + share * 4u + output] = own[output];
    }
    let middle = params.middle + (block * 161u + share * 4u) * 32u + output;
    var mixed = column_product(own, middle, 32u);
    for (var tap = 1u; tap < 5u; tap++) {
      let ring = near[(block & 1u) * 4u + tap - 1u];
      if (ring != none) {
        let at = memory_of(slot, block, ring) + share * 4u;
        let seen = vec4<f32>(memory[at], memory[at + 1u], memory[at + 2u], memory[at + 3u]);
        mixed += column_product(seen, middle + tap * 1024u, 32u);
      }
    }
    room[middle_at + thread] = mixed;
    workgroupBarrier();
    var above = 0.0;
    for (var k = quarter * 8u; k < quarter * 8u + 8u; k += 4u) {
      let bias = weights_at(params.middle + (block * 161u + 160u) * 32u + k);
      let m = elu(shared_sums(middle_at + k, 8u, 32u) + bias);
      above += column_product(m, params.up + (block * 33u + k) * 64u + channel, 64u);
    }
    room[wide_at + thread] = above;
    workgroupBarrier();
  }
  if (output == 0u) {
    let own = pixel * 64u + share * 8u;
    let shared_weights = params.readout + share * 8u;
    room[terms_at + share] = dot(e_low, weights_at(shared_weights) + weights_at(params.readout_position + own))
      + dot(e_high, weights_at(shared_weights + 4u) + weights_at(params.readout_position + own + 4u));
  }
  workgroupBarrier();
  let terms = shared_sums(terms_at, 2u, 4u);
  return weights[params.bias + pixel] + ((terms.x + terms.y) + (terms.z + terms.w));
}
