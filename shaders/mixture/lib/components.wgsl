// log p(x) and the shares of the components, out of log p(x, k) of all components of an image in fixed point: whole units of
// `params.unit` nats, so that sums over pixels are exact. An image is the work of `lanes` threads, a power of two; lane l holds
// components 4 l to 4 l + 3, and, where there are more than 4 lanes of them, those 4 lanes further on: 512 in all at most.
//
// The including file declares `params`, with images, components, vectors = ceil(components / 4), lanes and unit, and binds
//
//   partial: array<f32>   [parts, images]

const threads = 64u;
const parts = 3u;
const lowest = -2147483647;

var<workgroup> most_slots: array<i32, 64>;
var<workgroup> sum_slots: array<f32, 64>;

struct Place {
  image: u32,
  lane: u32,
}

// Of every component exp(log p(x, k) - most), 0 for the padding.
struct Joint {
  low: vec4<f32>,
  high: vec4<f32>,
  most: i32,
  sum: f32,
}

fn place_of(workgroup: u32, thread: u32) -> Place {
  return Place(workgroup * (threads / params.lanes) + thread / params.lanes, thread % params.lanes);
}

fn real(vector: u32) -> vec4<bool> {
  return vec4<u32>(4u * vector) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(params.components);
}

fn largest(units: vec4<i32>, vector: u32) -> i32 {
  let own = select(vec4<i32>(lowest), units, real(vector));
  return max(max(own.x, own.y), max(own.z, own.w));
}

fn shares(units: vec4<i32>, vector: u32, most: i32) -> vec4<f32> {
  let nats = min(vec4<f32>(units - vec4<i32>(most)) * params.unit, vec4<f32>());
  return select(vec4<f32>(), exp(nats), real(vector));
}

// Barriers inside: to be called by every thread of the workgroup, once, with its own units, 0 where it has none.
fn shared_out(place: Place, thread: u32, low: vec4<i32>, high: vec4<i32>) -> Joint {
  let first = place.lane;
  let second = place.lane + params.lanes;
  most_slots[thread] = max(largest(low, first), largest(high, second));
  workgroupBarrier();
  for (var half = params.lanes / 2u; half > 0u; half /= 2u) {
    if (place.lane < half) {
      most_slots[thread] = max(most_slots[thread], most_slots[thread + half]);
    }
    workgroupBarrier();
  }
  let most = most_slots[thread - place.lane];
  let low_shares = shares(low, first, most);
  let high_shares = shares(high, second, most);
  sum_slots[thread] = dot(low_shares, vec4<f32>(1.0)) + dot(high_shares, vec4<f32>(1.0));
  workgroupBarrier();
  for (var half = params.lanes / 2u; half > 0u; half /= 2u) {
    if (place.lane < half) {
      sum_slots[thread] += sum_slots[thread + half];
    }
    workgroupBarrier();
  }
  return Joint(low_shares, high_shares, most, sum_slots[thread - place.lane]);
}

// log p(x) = most + log(sum). The units have more digits than f32, so they leave in two parts.
fn write_partial(place: Place, joint: Joint) {
  if (place.lane == 0u && place.image < params.images) {
    partial[place.image] = f32(joint.most >> 12u) * 4096.0 * params.unit;
    partial[params.images + place.image] = f32(joint.most & 4095) * params.unit;
    partial[2u * params.images + place.image] = log(joint.sum);
  }
}
