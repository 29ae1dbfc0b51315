// Samples pixel by pixel: x_i is on iff u_i < sigmoid(z_i / temperature), and a pixel that is on adds its row of W to the sums
// of the hidden units. The method that the look-ahead of nade/sample.wgsl is compared with.
// Reference: plainSampler in src/models/nade/first-firing.ts.
//
// Grid: x = images, one workgroup of 128 threads each. Decides pixels `first` to `end` - 1; `state` carries over.
#include "lib/sampling.wgsl"

struct Params {
  chunks: u32, // eights of hidden units
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bias: array<f32>; // [pixels]
@group(0) @binding(2) var<storage, read> input: array<vec4<u32>>; // [pixels, chunks], see lib/weight-rows.wgsl
@group(0) @binding(3) var<storage, read> output: array<vec4<u32>>; // [pixels, chunks]
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>; // [images, 2 chunks], sums a, those of a blank image at first
@group(0) @binding(5) var<storage, read> indices: array<u32>; // [images], number of each image
@group(0) @binding(6) var<storage, read_write> images: array<u32>; // [images, words_per_image], blank at first
#include "nade/lib/ahead.wgsl"
#include "nade/lib/carried.wgsl"


fn threshold(image: u32, pixel: u32) -> f32 {
  return threshold_of(indices[image], pixel);
}

@compute @workgroup_size(threads)
fn ancestral(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = workgroup.x + params.first_workgroup;
  var a = load_sums(image, thread);
  open_units(a, thread);
  for (var pixel = params.first; pixel < params.end; pixel++) {
    // Of the few pixels that the threads are spread over the first alone is computed.
    if (first_firing(image, pixel, few_ahead, pixel + 1u, thread) == pixel) {
      if (thread == 0u) {
        turn_on(image, pixel);
      }
      a += input_four(pixel, thread);
      open_units(a, thread);
    }
  }
  store_sums(image, thread, a);
}
