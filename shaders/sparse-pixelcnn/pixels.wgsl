// Gradients of what every pixel has of its own, summed over the images in which it belongs to the net: position_i, of d by the first
// layer; readout_position_i, of dz f; bias_i, of dz. Divided by the images of all pieces, to which earlier ones have been added.
// Reference: addGradient and quietBack in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = pixels workgroups of 64 threads: 16 vectors of channels by 4 groups of images.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/rows.wgsl"
#include "sparse-pixelcnn/lib/readout.wgsl"

@group(0) @binding(2) var<storage, read> slopes: array<f32>; // [images, pixels], derivatives by the logits
@group(0) @binding(5) var<storage, read> d: array<vec4<f32>>; // [rows, quads], by the first layer
@group(0) @binding(6) var<storage, read_write> position_gradient: array<vec4<f32>>; // [pixels, quads]
@group(0) @binding(7) var<storage, read_write> readout_gradient: array<vec4<f32>>; // [pixels, 16]
@group(0) @binding(8) var<storage, read_write> bias_gradient: array<f32>; // [pixels]

const threads = 64u;

var<workgroup> sums: array<vec4<f32>, 256>; // [readout, position low and high, bias; threads]

fn of_groups(kind: u32, quad: u32) -> vec4<f32> {
  let at = kind * threads + quad;
  let sum = (sums[at] + sums[at + 16u]) + (sums[at + 32u] + sums[at + 48u]);
  return sum / f32(params.batch);
}

@compute @workgroup_size(threads)
fn sum_pixel(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let pixel = workgroup.x + params.first_workgroup;
  let quads = select(16u, 32u, params.quiet == 1u);
  let quad = thread & 15u;
  var readout = vec4<f32>();
  var low = vec4<f32>();
  var high = vec4<f32>();
  var bias = 0.0;
  for (var image = thread >> 4u; image < params.images; image += 4u) {
    let position = image * pixel_count() + pixel;
    if (has_row(position)) {
      let row = row_from(position);
      let slope = slopes[position];
      bias += slope;
      readout += slope * read_off(features[feature_row(row) + quad], scale_of(row));
      low += d[row * quads + quad];
      high += d[row * quads + quads - 16u + quad];
    }
  }
  sums[thread] = readout;
  sums[threads + thread] = low;
  sums[2u * threads + thread] = high;
  sums[3u * threads + thread] = vec4<f32>(bias);
  workgroupBarrier();
  if (thread >= 16u) {
    return;
  }
  let later = params.first_image > 0u;
  let at = pixel * quads + thread;
  readout_gradient[pixel * 16u + thread] = select(vec4<f32>(), readout_gradient[pixel * 16u + thread], later) + of_groups(0u, thread);
  position_gradient[at] = select(vec4<f32>(), position_gradient[at], later) + of_groups(1u, thread);
  if (quads == 32u) {
    position_gradient[at + 16u] = select(vec4<f32>(), position_gradient[at + 16u], later) + of_groups(2u, thread);
  }
  if (thread == 0u) {
    bias_gradient[pixel] = select(0.0, bias_gradient[pixel], later) + of_groups(3u, 0u).x;
  }
}
