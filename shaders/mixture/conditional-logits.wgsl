// The logit of p(x_i = 1 | x_<i) = sum_k p(k | x_<i) theta_ki, as the difference of two logarithms of sums over components:
// of log p(x_<i, x_i = 1, k) and of log p(x_<i, x_i = 0, k). Fixed-point as in mixture/lib/joint.wgsl.
// Reference: logits in src/models/mixture/reference.ts.
//
// Grid: x = images * words_per_image workgroups of 64 threads: one a word of 32 pixels of one image. Thread t holds components
// 4 t to 4 t + 3 and the same 256 further on. Pixels go by 8 at a time: every thread reduces its own components to a
// maximum and a sum for each, then one thread a pixel and value combines those.

struct Params {
  pixels: u32,
  words_per_image: u32,
  components: u32,
  vectors: u32, // ceil(components / 4)
  unit: f32, // nats, a power of two
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read> rows: array<vec4<i32>>; // [pixels, vectors], log theta - log(1 - theta)
@group(0) @binding(3) var<storage, read> off: array<vec4<i32>>; // [pixels, vectors], log(1 - theta)
@group(0) @binding(4) var<storage, read> before: array<vec4<i32>>; // [words_per_image, vectors], no pixel before the word on
@group(0) @binding(5) var<storage, read_write> out: array<f32>; // [images, pixels]

const threads = 64u;
const tile_pixels = 8u;
const lowest = -2147483647;

var<workgroup> most_slots: array<i32, 1024>; // [8 pixels, 2 values, threads]
var<workgroup> sum_slots: array<f32, 1024>;
var<workgroup> logs: array<f32, 16>; // [8 pixels, 2 values]
var<workgroup> mosts: array<i32, 16>;

fn real(vector: u32) -> vec4<bool> {
  return vec4<u32>(4u * vector) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(params.components);
}

fn largest(units: vec4<i32>, vector: u32) -> i32 {
  let own = select(vec4<i32>(lowest), units, real(vector));
  return max(max(own.x, own.y), max(own.z, own.w));
}

// exp of what lies `units` above `most`, which is never more than a rounding.
fn shares(units: vec4<i32>, vector: u32, most: i32) -> vec4<f32> {
  let nats = min(vec4<f32>(units - vec4<i32>(most)) * params.unit, vec4<f32>());
  return select(vec4<f32>(), exp(nats), real(vector));
}

fn bring_down(slot: u32, low: vec4<i32>, high: vec4<i32>, first: u32, second: u32) {
  let most = max(largest(low, first), largest(high, second));
  most_slots[slot] = most;
  sum_slots[slot] = dot(shares(low, first, most) + shares(high, second, most), vec4<f32>(1.0));
}

// `slot` is 2 pixel + value.
fn bring_together(slot: u32) {
  var most = lowest;
  for (var thread = 0u; thread < threads; thread++) {
    most = max(most, most_slots[slot * threads + thread]);
  }
  var sum = 0.0;
  for (var thread = 0u; thread < threads; thread++) {
    let at = slot * threads + thread;
    sum += sum_slots[at] * exp(min(f32(most_slots[at] - most) * params.unit, 0.0));
  }
  mosts[slot] = most;
  logs[slot] = log(sum);
}

@compute @workgroup_size(threads)
fn conditional_logits(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let number = workgroup.x + params.first_workgroup;
  let image = number / params.words_per_image;
  let word = number % params.words_per_image;
  let first = thread;
  let second = thread + threads;
  var low = vec4<i32>();
  var high = vec4<i32>();
  if (first < params.vectors) {
    low = before[word * params.vectors + first];
  }
  if (second < params.vectors) {
    high = before[word * params.vectors + second];
  }
  for (var earlier = 0u; earlier < word; earlier++) {
    var rest = images[image * params.words_per_image + earlier];
    while (rest != 0u) {
      let row = (earlier * 32u + countTrailingZeros(rest)) * params.vectors;
      rest &= rest - 1u;
      if (first < params.vectors) {
        low += rows[row + first];
      }
      if (second < params.vectors) {
        high += rows[row + second];
      }
    }
  }
  let own_word = images[image * params.words_per_image + word];
  let pixels = min(32u, params.pixels - word * 32u);
  for (var tile = 0u; tile < pixels; tile += tile_pixels) {
    for (var own = 0u; own < tile_pixels; own++) {
      let bit = tile + own;
      if (bit < pixels) {
        let row = (word * 32u + bit) * params.vectors;
        var row_low = vec4<i32>();
        var row_high = vec4<i32>();
        if (first < params.vectors) {
          row_low = rows[row + first];
          low += off[row + first];
        }
        if (second < params.vectors) {
          row_high = rows[row + second];
          high += off[row + second];
        }
        bring_down((2u * own) * threads + thread, low, high, first, second);
        bring_down((2u * own + 1u) * threads + thread, low + row_low, high + row_high, first, second);
        if (((own_word >> bit) & 1u) == 1u) {
          low += row_low;
          high += row_high;
        }
      }
    }
    workgroupBarrier();
    if (thread < 2u * tile_pixels && tile + thread / 2u < pixels) {
      bring_together(thread);
    }
    workgroupBarrier();
    if (thread < tile_pixels && tile + thread < pixels) {
      let units = mosts[2u * thread + 1u] - mosts[2u * thread];
      let logit = f32(units) * params.unit + (logs[2u * thread + 1u] - logs[2u * thread]);
      out[image * params.pixels + word * 32u + tile + thread] = logit;
    }
    workgroupBarrier();
  }
}
