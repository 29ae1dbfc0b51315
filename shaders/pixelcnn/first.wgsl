// The first layer: h_0 = bounded(b + sum over the taps of mask A that are on of w_t), 32 channels a position.
// Reference: pass in src/models/pixelcnn/reference.ts.
//
// Grid: x = images * ceil(positions / 64) workgroups of 64 threads, one a position.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/pixels.wgsl"
#include "pixelcnn/lib/row-products.wgsl"

@group(0) @binding(2) var<storage, read> first: array<vec4<f32>>; // [50, 8]
@group(0) @binding(3) var<storage, read_write> stream: array<vec4<f32>>; // [.., images, positions, 8]

const threads = 64u;
const taps = 24u;

var<workgroup> weight_tile: array<vec4<f32>, 200>; // [24 taps and the biases, 8]

@compute @workgroup_size(threads)
fn look(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  for (var at = thread; at < 200u; at += threads) {
    weight_tile[at] = first[select(at, at + (49u - taps) * 8u, at >= taps * 8u)];
  }
  workgroupBarrier();
  let parts = (positions() + threads - 1u) / threads;
  let image = (workgroup.x + params.first_workgroup) / parts;
  let position = ((workgroup.x + params.first_workgroup) % parts) * threads + thread;
  if (position >= positions()) {
    return;
  }
  var low = row_of(taps * 8u);
  var high = row_of(taps * 8u + 4u);
  for (var tap = 0u; tap < taps; tap++) {
    if (sees(image, position, tap)) {
      add_row(&low, 1.0, tap * 8u);
      add_row(&high, 1.0, tap * 8u + 4u);
    }
  }
  let at = params.destination + (image * positions() + position) * 8u;
  stream[at] = bounded(low.a);
  stream[at + 1u] = bounded(low.b);
  stream[at + 2u] = bounded(low.c);
  stream[at + 3u] = bounded(low.d);
  stream[at + 4u] = bounded(high.a);
  stream[at + 5u] = bounded(high.b);
  stream[at + 6u] = bounded(high.c);
  stream[at + 7u] = bounded(high.d);
}
