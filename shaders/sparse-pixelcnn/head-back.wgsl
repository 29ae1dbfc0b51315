// Backpropagation from the logits of one net to the features that they are read off: through elu and the division by the root mean
// square to h behind the last block, or through the relu to q.
// Reference: addGradient, rmsBack and quietBack in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = ceil(positions / 64) workgroups of 64 threads, one a row; those beyond the last row do nothing.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/rows.wgsl"
#include "sparse-pixelcnn/lib/positions.wgsl"
#include "sparse-pixelcnn/lib/readout.wgsl"

@group(0) @binding(5) var<storage, read> readout: array<vec4<f32>>; // [16]
@group(0) @binding(6) var<storage, read> readout_position: array<vec4<f32>>; // [pixels, 16]
@group(0) @binding(7) var<storage, read> slopes: array<f32>; // [images, pixels], derivatives by the logits
@group(0) @binding(8) var<storage, read_write> d: array<vec4<f32>>; // [2, rows, 16], or by g [rows, 32] and by q [rows, 16]

const threads = 64u;

@compute @workgroup_size(threads)
fn turn_back(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = (workgroup.x + params.first_workgroup) * threads + thread;
  if (row >= row_count()) {
    return;
  }
  let position = position_of(row);
  let pixel = position % pixel_count();
  let slope = slopes[position];
  let start = feature_row(row);
  if (params.quiet == 1u) {
    for (var k = 0u; k < 16u; k++) {
      let by_q = slope * (readout[k] + readout_position[pixel * 16u + k]);
      d[capacity() * 32u + row * 16u + k] = rectified_back(by_q, features[start + k]);
    }
    return;
  }
  let scale = scale_of(row);
  let to = ((params.blocks & 1u) * capacity() + row) * 16u;
  var along = 0.0;
  for (var k = 0u; k < 16u; k++) {
    let y = scale * features[start + k];
    let by_y = slope * (readout[k] + readout_position[pixel * 16u + k]) * elu_slope(elu(y));
    d[to + k] = by_y;
    along += dot(by_y, y);
  }
  for (var k = 0u; k < 16u; k++) {
    let h = features[start + k];
    d[to + k] = within(scale * (d[to + k] - scale * h * (along / 64.0)), h);
  }
}
