// Which pixels are active: bit i of `masks` says whether an earlier pixel within radius 2 of pixel i is on.
// Reference: isActive in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = ceil(images * words_per_image / 64) workgroups of 64 threads, one a word.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/bits.wgsl"

@group(0) @binding(1) var<storage, read> images: array<u32>; // [batch, words_per_image]
@group(0) @binding(2) var<storage, read_write> masks: array<u32>; // [images, words_per_image]

const threads = 64u;

@compute @workgroup_size(threads)
fn mask(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = (workgroup.x + params.first_workgroup) * threads + thread;
  if (at >= params.images * params.words_per_image) {
    return;
  }
  let image = at / params.words_per_image;
  let first = (at % params.words_per_image) * 32u;
  var bits = 0u;
  for (var pixel = first; pixel < min(first + 32u, pixel_count()); pixel++) {
    if (is_active(params.first_image + image, pixel / params.width, pixel % params.width)) {
      bits |= 1u << (pixel - first);
    }
  }
  masks[at] = bits;
}
