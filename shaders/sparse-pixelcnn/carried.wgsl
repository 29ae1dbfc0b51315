// The sums that are carried along an image, before every word of 32 pixels: sum of absolute_j over the on-pixels j before it.
// Reference: eachRow in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = ceil(images * quads / 64) workgroups of 64 threads, one for 4 channels of an image. Both nets.
#include "sparse-pixelcnn/lib/net.wgsl"

@group(0) @binding(1) var<storage, read> images: array<u32>; // [batch, words_per_image]
@group(0) @binding(2) var<storage, read> absolute: array<vec4<f32>>; // [pixels, quads]
@group(0) @binding(3) var<storage, read_write> states: array<vec4<f32>>; // [images, words_per_image, quads]

const threads = 64u;

@compute @workgroup_size(threads)
fn carry(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = (workgroup.x + params.first_workgroup) * threads + thread;
  let quads = select(16u, 32u, params.quiet == 1u);
  let image = at / quads;
  let quad = at % quads;
  if (image >= params.images) {
    return;
  }
  var sum = vec4<f32>();
  for (var word = 0u; word < params.words_per_image; word++) {
    states[(image * params.words_per_image + word) * quads + quad] = sum;
    for (var on = images[(params.first_image + image) * params.words_per_image + word]; on != 0u; on &= on - 1u) {
      sum += absolute[(word * 32u + countTrailingZeros(on)) * quads + quad];
    }
  }
}
