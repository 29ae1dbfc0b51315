// Counts how often each column is on, and the images. Reference: counter in src/models/column/reference.ts.
// Grid: x = ceil(images / 64), one thread an image.
#include "column/params.wgsl"

@group(0) @binding(1) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read_write> on: array<atomic<u32>>; // [width + 1], the last one being the images

@compute @workgroup_size(threads)
fn count(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = (workgroup.x + params.first_workgroup) * threads + thread;
  if (image >= params.images) {
    return;
  }
  for (var i = 0u; i < params.pixels; i++) {
    let value = (images[image * params.words_per_image + (i >> 5u)] >> (i & 31u)) & 1u;
    atomicAdd(&on[i % params.width], value);
  }
  atomicAdd(&on[params.width], 1u);
}
