// Gradients of the rows of the window: for every offset, the sum of d over the rows that see an on-pixel there.
// Reference: eachRow in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = 220 * quads / 16 workgroups of 256 threads: 16 vectors of channels by 16 groups of words of pixels.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/rows.wgsl"

@group(0) @binding(2) var<storage, read> images: array<u32>; // [batch, words_per_image]
@group(0) @binding(3) var<storage, read> d: array<vec4<f32>>; // [rows, quads], by the first layer
@group(0) @binding(4) var<storage, read_write> gradient: array<vec4<f32>>; // [220, quads]

const threads = 256u;
const groups = 16u;
const offsets = 220u;
const reach = 10u;

var<workgroup> sums: array<vec4<f32>, 256>;

@compute @workgroup_size(threads)
fn sum_offset(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let quads = select(16u, 32u, params.quiet == 1u);
  let offset = (workgroup.x + params.first_workgroup) % offsets;
  let quad = ((workgroup.x + params.first_workgroup) / offsets) * 16u + (thread & 15u);
  let rows_below = reach - offset / (2u * reach + 1u);
  let side = offset % (2u * reach + 1u);
  var sum = vec4<f32>();
  for (var at = thread >> 4u; at < params.images * params.words_per_image; at += groups) {
    let image = at / params.words_per_image;
    for (var on = images[params.first_image * params.words_per_image + at]; on != 0u; on &= on - 1u) {
      let pixel = (at % params.words_per_image) * 32u + countTrailingZeros(on);
      let row = pixel / params.width + rows_below;
      // Unsigned numbers wrap around: left of the grid is not inside.
      let column = pixel % params.width + reach - side;
      if (row < params.height && column < params.width) {
        let position = image * pixel_count() + row * params.width + column;
        if (has_row(position)) {
          sum += d[row_from(position) * quads + quad];
        }
      }
    }
  }
  sums[thread] = sum;
  workgroupBarrier();
  for (var half = threads / 2u; half >= 16u; half = half / 2u) {
    if (thread < half) {
      sums[thread] += sums[thread + half];
    }
    workgroupBarrier();
  }
  if (thread < 16u) {
    let later = params.first_image > 0u;
    gradient[offset * quads + quad] = select(vec4<f32>(), gradient[offset * quads + quad], later) + sums[thread] / f32(params.batch);
  }
}
