// Backpropagation to the first layer of quiet pixels: dg = W' dq where g is let through.
// Reference: quietBack in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = 4 * ceil(positions / 32) workgroups of 64 threads, one for 32 quiet rows by 32 of the 128 columns.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/rows.wgsl"
#include "sparse-pixelcnn/lib/tile.wgsl"

@group(0) @binding(2) var<storage, read> transposed: array<vec4<f32>>; // W' [64, 32] behind the blocks'
@group(0) @binding(3) var<storage, read> features: array<vec4<f32>>; // g [rows, 32], q [rows, 16]
@group(0) @binding(4) var<storage, read_write> d: array<vec4<f32>>; // by g [rows, 32], by q [rows, 16]

const column_tiles = 4u;

fn write_d(row: u32, column: u32, f: vec4<f32>, count: u32) {
  if (row < count) {
    d[row * 32u + column] = rectified_back(f, features[row * 32u + column]);
  }
}

@compute @workgroup_size(threads)
fn go_back(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let count = row_count();
  let tile = workgroup.x + params.first_workgroup;
  let first = (tile / column_tiles) * tile_rows;
  if (first >= count) {
    return;
  }
  let columns = (tile % column_tiles) * 8u;
  var sum: Four;
  for (var slab = 0u; slab < 2u; slab++) {
    for (var at = thread; at < 256u; at += threads) {
      let own = capacity() * 32u + (first + (at >> 3u)) * 16u + slab * 8u + (at & 7u);
      left[(at >> 3u) * pitch + (at & 7u)] = d[own];
      right[at] = transposed[params.blocks * 2304u + (slab * 32u + (at >> 3u)) * 32u + columns + (at & 7u)];
    }
    workgroupBarrier();
    multiply(&sum, thread);
    workgroupBarrier();
  }
  let row = first + own_row(thread);
  let column = columns + own_column(thread);
  write_d(row, column, sum.a, count);
  write_d(row + 1u, column, sum.b, count);
  write_d(row + 2u, column, sum.c, count);
  write_d(row + 3u, column, sum.d, count);
}
