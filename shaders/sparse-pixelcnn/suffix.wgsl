// d by the first layer becomes, in place, its sum over a row and all later rows of the image: what the carried sums of a pixel get back.
//
// Grid: x = images * quads / 16 workgroups of 256 threads: 16 vectors of channels by 16 sections of an image's rows.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/rows.wgsl"

@group(0) @binding(2) var<storage, read_write> d: array<vec4<f32>>; // [rows, quads]

const threads = 256u;
const sections = 16u;

var<workgroup> sums: array<vec4<f32>, 256>; // [sections, 16]

@compute @workgroup_size(threads)
fn sum_later(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let quads = select(16u, 32u, params.quiet == 1u);
  let image = (workgroup.x + params.first_workgroup) % params.images;
  let quad = ((workgroup.x + params.first_workgroup) / params.images) * 16u + (thread & 15u);
  let section = thread >> 4u;
  let first = row_from(image * pixel_count());
  let count = row_from((image + 1u) * pixel_count()) - first;
  let begin = first + section * count / sections;
  let end = first + (section + 1u) * count / sections;
  var own = vec4<f32>();
  for (var row = begin; row < end; row++) {
    own += d[row * quads + quad];
  }
  sums[thread] = own;
  workgroupBarrier();
  var sum = vec4<f32>();
  for (var later = thread + 16u; later < threads; later += 16u) {
    sum += sums[later];
  }
  for (var row = end; row > begin; row--) {
    sum += d[(row - 1u) * quads + quad];
    d[(row - 1u) * quads + quad] = sum;
  }
}
