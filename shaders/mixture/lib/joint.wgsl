// log p(x, k) of all components of an image, and log p(x) from them. Included by score and responsibilities.
//
// Numbers are fixed-point, whole units of `unit` nats, so that sums over pixels are exact. An image is the work of `lanes`
// threads, a power of two; lane l holds components 4 l to 4 l + 3, and, where there are more than 4 lanes of them, those
// 4 lanes further on: 512 in all at most.
//
// Grid: x = ceil(images * lanes / 64) workgroups of 64 threads.

struct Params {
  words_per_image: u32,
  images: u32,
  components: u32,
  vectors: u32, // ceil(components / 4)
  lanes: u32,
  unit: f32, // nats, a power of two
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read> rows: array<vec4<i32>>; // [pixels, vectors], what an on-pixel adds
@group(0) @binding(3) var<storage, read> blank: array<vec4<i32>>; // [vectors], log p(blank image, k)
@group(0) @binding(4) var<storage, read_write> partial: array<f32>; // [parts, images]

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

// Barriers inside: to be called by every thread of the workgroup, once.
fn joint_of(place: Place, thread: u32) -> Joint {
  let first = place.lane;
  let second = place.lane + params.lanes;
  var low = vec4<i32>();
  var high = vec4<i32>();
  if (place.image < params.images && first < params.vectors) {
    low = blank[first];
    if (second < params.vectors) {
      high = blank[second];
    }
    for (var word = 0u; word < params.words_per_image; word++) {
      var rest = images[place.image * params.words_per_image + word];
      while (rest != 0u) {
        let row = (word * 32u + countTrailingZeros(rest)) * params.vectors;
        rest &= rest - 1u;
        low += rows[row + first];
        if (second < params.vectors) {
          high += rows[row + second];
        }
      }
    }
  }
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
