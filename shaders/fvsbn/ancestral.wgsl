// Samples pixel by pixel: x_i is on iff u_i < sigmoid(z_i / temperature), and a pixel that is on adds its row of weights to the logits
// of all later ones. The method that fvsbn/sample.wgsl, which jumps over pixels that stay off, is compared with.
// Reference: blockSampler in src/models/fvsbn/cpu.ts.
//
// Grid: x = images, one workgroup of 64 threads each. Decides pixels `first` to `end` - 1; `state` carries over.
#include "lib/sampling.wgsl"
#include "fvsbn/lib/packing.wgsl"

struct Params {
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bias: array<f32>; // [pixels]
@group(0) @binding(2) var<storage, read> weight: array<f32>; // [pixels (pixels - 1) / 2], packed rows
@group(0) @binding(3) var<storage, read_write> state: array<f32>; // [images, pixels], logits so far
@group(0) @binding(4) var<storage, read> indices: array<u32>; // [images], number of each image
@group(0) @binding(5) var<storage, read_write> images: array<u32>; // [images, words_per_image]

const threads = 64u;

var<workgroup> on: u32;

@compute @workgroup_size(threads)
fn ancestral(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = workgroup.x + params.first_workgroup;
  let base = image * params.pixels;
  if (params.first == 0u) {
    for (var pixel = thread; pixel < params.pixels; pixel += threads) {
      state[base + pixel] = bias[pixel];
    }
  }
  // Every thread reads and writes the state of its own pixels only: thread, thread + threads, ...
  for (var pixel = params.first; pixel < params.end; pixel++) {
    if (thread == pixel % threads) {
      on = select(0u, 1u, state[base + pixel] > threshold_of(indices[image], pixel));
      if (on == 1u) {
        turn_on(image, pixel);
      }
    }
    // A barrier before and after: no thread decides the next pixel before all have read this one.
    if (workgroupUniformLoad(&on) == 1u) {
      let next = pixel + 1u;
      let row = weight_row(pixel, params.pixels);
      for (var i = next + (thread + threads - next % threads) % threads; i < params.pixels; i += threads) {
        state[base + i] += weight[row + i - next];
      }
    }
    storageBarrier();
  }
}
