// The logits of the rows of one net: bias_i + (readout + readout_position_i) . f_i.
// Reference: pass and quietLogit in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = ceil(positions / 64) workgroups of 64 threads, one a row; those beyond the last row do nothing.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/rows.wgsl"
#include "sparse-pixelcnn/lib/positions.wgsl"
#include "sparse-pixelcnn/lib/readout.wgsl"

@group(0) @binding(5) var<storage, read> readout: array<vec4<f32>>; // [16]
@group(0) @binding(6) var<storage, read> readout_position: array<vec4<f32>>; // [pixels, 16]
@group(0) @binding(7) var<storage, read> bias: array<f32>; // [pixels]
@group(0) @binding(8) var<storage, read_write> out: array<f32>; // [images, pixels], of this piece or of all

const threads = 64u;

@compute @workgroup_size(threads)
fn write_logits(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = (workgroup.x + params.first_workgroup) * threads + thread;
  if (row >= row_count()) {
    return;
  }
  let position = position_of(row);
  let pixel = position % pixel_count();
  let scale = scale_of(row);
  let at = feature_row(row);
  var sum = vec4<f32>();
  for (var k = 0u; k < 16u; k++) {
    sum += (readout[k] + readout_position[pixel * 16u + k]) * read_off(features[at + k], scale);
  }
  out[params.first_out * pixel_count() + position] = bias[pixel] + ((sum.x + sum.y) + (sum.z + sum.w));
}
