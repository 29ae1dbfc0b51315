// Gradients of the rows that every on-pixel adds to all later pixels: for pixel j, over the images in which it is on, the sum of d over the
// rows after it, which sparse-pixelcnn/suffix.wgsl has left at the first of them.
// Reference: eachRow in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = pixels * quads / 16 workgroups of 64 threads: 16 vectors of channels by 4 groups of images.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/rows.wgsl"

@group(0) @binding(2) var<storage, read> images: array<u32>; // [batch, words_per_image]
@group(0) @binding(3) var<storage, read> suffixes: array<vec4<f32>>; // [rows, quads]
@group(0) @binding(4) var<storage, read_write> gradient: array<vec4<f32>>; // [pixels, quads]

const threads = 64u;

var<workgroup> sums: array<vec4<f32>, 64>;

@compute @workgroup_size(threads)
fn sum_after(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let quads = select(16u, 32u, params.quiet == 1u);
  let pixel = (workgroup.x + params.first_workgroup) % pixel_count();
  let quad = ((workgroup.x + params.first_workgroup) / pixel_count()) * 16u + (thread & 15u);
  var sum = vec4<f32>();
  for (var image = thread >> 4u; image < params.images; image += 4u) {
    let word = images[(params.first_image + image) * params.words_per_image + (pixel >> 5u)];
    let row = row_from(image * pixel_count() + pixel + 1u);
    if (((word >> (pixel & 31u)) & 1u) == 1u && row < row_from((image + 1u) * pixel_count())) {
      sum += suffixes[row * quads + quad];
    }
  }
  sums[thread] = sum;
  workgroupBarrier();
  if (thread < 16u) {
    let all = (sums[thread] + sums[thread + 16u]) + (sums[thread + 32u] + sums[thread + 48u]);
    let later = params.first_image > 0u;
    gradient[pixel * quads + quad] = select(vec4<f32>(), gradient[pixel * quads + quad], later) + all / f32(params.batch);
  }
}
