// What nade/sample.wgsl and its variant for subgroups are given. The including kernel declares `threads`.
#include "lib/sampling.wgsl"
#include "lib/given.wgsl"

struct Params {
  chunks: u32, // eights of hidden units
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bias: array<f32>; // [pixels]
@group(0) @binding(2) var<storage, read> hidden_bias: array<vec4<f32>>; // [2 chunks]
@group(0) @binding(3) var<storage, read> input: array<vec4<u32>>; // [pixels, chunks], see lib/weight-rows.wgsl
@group(0) @binding(4) var<storage, read> output: array<vec4<u32>>; // [pixels, chunks]
@group(0) @binding(5) var<storage, read_write> state: array<vec4<f32>>; // [images, 2 chunks], sums a
@group(0) @binding(6) var<storage, read> indices: array<u32>; // [images], number of each image
@group(0) @binding(7) var<storage, read_write> images: array<u32>; // [images, words_per_image]
@group(0) @binding(8) var<storage, read> given: array<u32>; // [words_per_image, 2]

// Pixels that one dispatch decides at most.
const most_places = 128u;

// The least logits with which pixels turn on: computed once, though a pixel's logit may be computed again and again.
var<workgroup> thresholds: array<f32, most_places>; // [end - first]

// A barrier at the end: to be called by every thread of the workgroup.
fn draw_thresholds(image: u32, thread: u32) {
  for (var pixel = params.first + thread; pixel < params.end; pixel += threads) {
    thresholds[pixel - params.first] = or_given(threshold_of(indices[image], pixel), pixel);
  }
  workgroupBarrier();
}

fn threshold(image: u32, pixel: u32) -> f32 {
  return thresholds[pixel - params.first];
}
