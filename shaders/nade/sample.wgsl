// Samples by first firing: the same images as ancestral sampling, in fewer rounds than pixels. While pixels stay off the
// hidden units stay as they are, so the logits of the next 16 pixels are computed on that guess; the first of them above its
// threshold turns on, and the search continues after it with new units.
// Reference: stateSampler in src/models/nade/sampler.ts, u < sigmoid(logit / temperature).
//
// Grid: x = images, one workgroup of 128 threads each. Decides pixels `first_pixel` to `end_pixel` - 1; `state` carries over.
#include "lib/rng.wgsl"
#include "lib/math.wgsl"
#include "lib/given.wgsl"
#include "nade/lib/units.wgsl"

struct Params {
  pixels: u32,
  words_per_image: u32,
  hidden: u32,
  first_pixel: u32,
  end_pixel: u32,
  seed: u32,
  key: u32,
  temperature: f32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bias: array<f32>; // [pixels]
@group(0) @binding(2) var<storage, read> hidden_bias: array<f32>; // [hidden]
@group(0) @binding(3) var<storage, read> input: array<f32>; // [pixels, hidden]
@group(0) @binding(4) var<storage, read> output: array<f32>; // [pixels, hidden]
@group(0) @binding(5) var<storage, read_write> state: array<f32>; // [images, hidden], sums a
@group(0) @binding(6) var<storage, read> indices: array<u32>; // [images], number of each image
@group(0) @binding(7) var<storage, read_write> images: array<u32>; // [images, words_per_image]
@group(0) @binding(8) var<storage, read> given: array<u32>; // [words_per_image, 2]

const ahead = 16u;

var<workgroup> shares: array<f32, 2048>; // [16 pixels, threads]
var<workgroup> sums: array<f32, 128>; // [16 pixels, 8]
var<workgroup> first_firing: atomic<u32>;
var<workgroup> next: u32;

// The sums of a thread's units before `first_pixel`.
fn sums_before(image: u32, thread: u32) -> vec4<f32> {
  if (params.first_pixel == 0u) {
    let start = vec4<f32>(hidden_bias[thread], hidden_bias[thread + 128u], hidden_bias[thread + 256u], hidden_bias[thread + 384u]);
    return select(vec4<f32>(), start, present(thread, params.hidden));
  }
  let at = image * params.hidden + thread;
  let kept = vec4<f32>(state[at], state[at + 128u], state[at + 256u], state[at + 384u]);
  return select(vec4<f32>(), kept, present(thread, params.hidden));
}

// Whether the pixel turns on, its share of the logit being summed up.
fn fires(image: u32, pixel: u32, slot: u32) -> bool {
  var logit = bias[pixel];
  for (var k = 0u; k < 8u; k++) {
    logit += sums[slot * 8u + k];
  }
  let u = uniform_of(random_word(params.seed, params.key, indices[image], pixel));
  return logit > or_given(params.temperature * logit_of(u), pixel);
}

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = workgroup.x + params.first_workgroup;
  var a = sums_before(image, thread);
  var h = open_units(a);
  if (thread == 0u) {
    atomicStore(&first_firing, params.end_pixel);
  }
  var cursor = params.first_pixel;
  loop {
    for (var slot = 0u; slot < ahead; slot++) {
      shares[slot * threads + thread] = dot(h, output_of(cursor + slot, thread));
    }
    workgroupBarrier();
    var sum = 0.0;
    for (var k = 0u; k < 16u; k++) {
      sum += shares[(thread >> 3u) * threads + (thread & 7u) + 8u * k];
    }
    sums[thread] = sum;
    workgroupBarrier();
    if (thread < ahead && cursor + thread < params.end_pixel) {
      if (fires(image, cursor + thread, thread)) {
        atomicMin(&first_firing, cursor + thread);
      }
    }
    workgroupBarrier();
    if (thread == 0u) {
      // Reset before any thread begins the next round: workgroupUniformLoad is a barrier before and after.
      next = atomicExchange(&first_firing, params.end_pixel);
    }
    let fired = workgroupUniformLoad(&next);
    if (fired < params.end_pixel) {
      if (thread == 0u) {
        images[image * params.words_per_image + (fired >> 5u)] |= 1u << (fired & 31u);
      }
      a += input_of(fired, thread);
      h = open_units(a);
      cursor = fired + 1u;
    } else {
      cursor += ahead;
    }
    if (cursor >= params.end_pixel) {
      break;
    }
  }
  for (var own = 0u; own < 4u; own++) {
    if (thread + own * 128u < params.hidden) {
      state[image * params.hidden + thread + own * 128u] = a[own];
    }
  }
}
