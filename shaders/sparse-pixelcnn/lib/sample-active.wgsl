// The logit of one active pixel while sampling, on what earlier pixels left in `memory`. Included by sample, whose bindings and
// workgroup memory it uses. Every product is shared by 4 or 2 threads; a thread that needs a number adds its shares itself, so that
// a layer costs one barrier and a block four. Reference: pass in src/models/sparse-pixelcnn/definition.ts.

const none = 0xffffffffu;
// Parts of `room` while an active pixel is computed.
const wide_at = 0u; // [2 shares, 64]
const down_at = 128u; // [4 shares, 32]
const middle_at = 256u; // [4 shares, 32]
const squares_at = 384u; // [4]
const terms_at = 388u; // [4]

var<workgroup> near: array<u32, 8>; // [2 dilations, 4 taps], slot of the neighbour in the ring, or none

// 16 channels.
struct Sixteen {
  a: vec4<f32>,
  b: vec4<f32>,
  c: vec4<f32>,
  d: vec4<f32>,
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

// The first layer, into `wide_at`. `carried` is that of channel thread % 64.
fn look(image: u32, pixel: u32, carried: f32, thread: u32) {
  let channel = thread & 63u;
  var sum = 0.0;
  if (thread < 64u) {
    sum = carried + weight(params.position + pixel * 64u + channel);
  }
  for (var k = thread >> 6u; k <= window_reach; k += 2u) {
    sum += window_sum(image, pixel, k, params.relative + channel, 64u);
  }
  room[wide_at + thread] = sum;
}

// What 16 channels of h, from number 16 share on, become before block `block`.
fn added(h: Sixteen, block: u32, share: u32) -> Sixteen {
  let at = wide_at + share * 16u;
  var sum = Sixteen(
    h.a + (room_at(at) + room_at(at + 64u)),
    h.b + (room_at(at + 4u) + room_at(at + 68u)),
    h.c + (room_at(at + 8u) + room_at(at + 72u)),
    h.d + (room_at(at + 12u) + room_at(at + 76u)),
  );
  if (block > 0u) {
    let bias = params.up + (block * 33u - 1u) * 64u + share * 16u;
    sum.a += weights_at(bias);
    sum.b += weights_at(bias + 4u);
    sum.c += weights_at(bias + 8u);
    sum.d += weights_at(bias + 12u);
  }
  return Sixteen(bounded(sum.a), bounded(sum.b), bounded(sum.c), bounded(sum.d));
}

// A thread's share of one output of the block's middle layer. `own` are 4 inputs from number k on.
fn tap_products(own: vec4<f32>, slot: u32, block: u32, k: u32, output: u32) -> f32 {
  let column = params.middle + (block * 161u + k) * 32u + output;
  var sum = column_product(own, column, 32u);
  for (var tap = 1u; tap < 5u; tap++) {
    let ring = near[(block & 1u) * 4u + tap - 1u];
    if (ring != none) {
      let at = memory_of(slot, block, ring) + k;
      let seen = vec4<f32>(memory[at], memory[at + 1u], memory[at + 2u], memory[at + 3u]);
      sum += column_product(seen, column + tap * 1024u, 32u);
    }
  }
  return sum;
}

// Barriers inside: to be called by every thread of the workgroup. `carried` is that of channel thread % 64.
fn active_logit(slot: u32, image: u32, pixel: u32, carried: f32, thread: u32) -> f32 {
  if (thread < 8u) {
    look_around(image, pixel, thread);
  }
  look(image, pixel, carried, thread);
  workgroupBarrier();
  let share = thread >> 5u;
  let output = thread & 31u;
  var h: Sixteen;
  var e: Sixteen;
  for (var block = 0u; block <= params.blocks; block++) {
    h = added(h, block, share);
    if (output == 0u) {
      room[squares_at + share] = (dot(h.a, h.a) + dot(h.b, h.b)) + (dot(h.c, h.c) + dot(h.d, h.d));
    }
    workgroupBarrier();
    let scale = inverseSqrt(dot(room_at(squares_at), vec4<f32>(1.0)) / 64.0 + epsilon);
    e = Sixteen(elu(scale * h.a), elu(scale * h.b), elu(scale * h.c), elu(scale * h.d));
    if (block == params.blocks) {
      break;
    }
    let down = params.down + (block * 65u + share * 16u) * 32u + output;
    room[down_at + thread] = (column_product(e.a, down, 32u) + column_product(e.b, down + 128u, 32u))
      + (column_product(e.c, down + 256u, 32u) + column_product(e.d, down + 384u, 32u));
    workgroupBarrier();
    var mixed = 0.0;
    for (var k = share * 8u; k < share * 8u + 8u; k += 4u) {
      let own = elu(of_four(down_at + k) + weights_at(params.down + (block * 65u + 64u) * 32u + k));
      mixed += tap_products(own, slot, block, k, output);
      if ((output >> 2u) == ((k >> 2u) & 1u)) {
        memory[memory_of(slot, block, pixel % ring_length()) + k + (output & 3u)] = own[output & 3u];
      }
    }
    room[middle_at + thread] = mixed;
    workgroupBarrier();
    var above = 0.0;
    let half = thread >> 6u;
    for (var k = half * 16u; k < half * 16u + 16u; k += 4u) {
      let m = elu(of_four(middle_at + k) + weights_at(params.middle + (block * 161u + 160u) * 32u + k));
      above += column_product(m, params.up + (block * 33u + k) * 64u + (thread & 63u), 64u);
    }
    room[wide_at + thread] = above;
    workgroupBarrier();
  }
  if (output == 0u) {
    let own = params.readout_position + pixel * 64u + share * 16u;
    let all = params.readout + share * 16u;
    room[terms_at + share] = (dot(e.a, weights_at(all) + weights_at(own)) + dot(e.b, weights_at(all + 4u) + weights_at(own + 4u)))
      + (dot(e.c, weights_at(all + 8u) + weights_at(own + 8u)) + dot(e.d, weights_at(all + 12u) + weights_at(own + 12u)));
  }
  workgroupBarrier();
  return weight(params.bias + pixel) + dot(room_at(terms_at), vec4<f32>(1.0));
}
