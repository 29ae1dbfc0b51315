// The second layer of quiet pixels: q = bounded(relu(g) W + b), 64 of 128, g and q before their relu.
// Reference: quietLayers in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = 2 * ceil(positions / 32) workgroups of 64 threads, one for 32 quiet rows by 32 columns.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/rows.wgsl"
#include "sparse-pixelcnn/lib/tile.wgsl"

@group(0) @binding(2) var<storage, read> quiet_hidden: array<vec4<f32>>; // [129, 16]
@group(0) @binding(3) var<storage, read_write> features: array<vec4<f32>>; // g [rows, 32], q [rows, 16]

const column_tiles = 2u;

@compute @workgroup_size(threads)
fn open(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let count = row_count();
  let tile = workgroup.x + params.first_workgroup;
  let first = (tile / column_tiles) * tile_rows;
  if (first >= count) {
    return;
  }
  let columns = (tile % column_tiles) * 8u;
  let bias = quiet_hidden[128u * 16u + columns + own_column(thread)];
  var sum = Four(bias, bias, bias, bias);
  for (var slab = 0u; slab < 4u; slab++) {
    for (var at = thread; at < 256u; at += threads) {
      let g = features[(first + (at >> 3u)) * 32u + slab * 8u + (at & 7u)];
      left[(at >> 3u) * pitch + (at & 7u)] = max(g, vec4<f32>());
      right[at] = quiet_hidden[(slab * 32u + (at >> 3u)) * 16u + columns + (at & 7u)];
    }
    workgroupBarrier();
    multiply(&sum, thread);
    workgroupBarrier();
  }
  let row = first + own_row(thread);
  let at = capacity() * 32u + row * 16u + columns + own_column(thread);
  if (row < count) {
    features[at] = bounded(sum.a);
  }
  if (row + 1u < count) {
    features[at + 16u] = bounded(sum.b);
  }
  if (row + 2u < count) {
    features[at + 32u] = bounded(sum.c);
  }
  if (row + 3u < count) {
    features[at + 48u] = bounded(sum.d);
  }
}
