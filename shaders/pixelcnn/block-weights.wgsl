// Gradients of a block's weights in 6 slices: 2 of the way up, the taps above and those in the position's row of the 3x3 convolution, 2
// of the way down. Reference: convolveBack in src/models/pixelcnn/reference.ts. Grid: pixelcnn/lib/outer.wgsl.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/outer.wgsl"

@group(0) @binding(2) var<storage, read> stream: array<vec4<f32>>; // [.., 8, plane]
@group(0) @binding(3) var<storage, read> inside: array<vec4<f32>>; // [blocks, 8, plane]: hidden, mixed
@group(0) @binding(4) var<storage, read> d: array<vec4<f32>>; // [2, 8, plane]
@group(0) @binding(5) var<storage, read> d_inside: array<vec4<f32>>; // [3, 4, plane]: twice by mixed, by hidden

const slices = 6u;
const above = 2u;
const beside = 3u;

fn taps_of(slice: u32) -> u32 {
  if (slice == above) {
    return 3u;
  }
  return select(1u, 2u, slice == beside);
}

fn input_of(slice: u32, at: u32, quad: u32) -> vec4<f32> {
  if (slice < above) {
    return inside[(params.hidden + 4u + quad) * params.plane + at];
  }
  if (slice == above) {
    return inside[(params.hidden + quad) * params.plane + at - pitch()];
  }
  if (slice == beside) {
    return inside[(params.hidden + quad) * params.plane + at];
  }
  return relu(stream[(params.source + (slice - 4u) * 4u + quad) * params.plane + at]);
}

fn d_of(slice: u32, at: u32, quad: u32) -> vec4<f32> {
  if (slice < above) {
    return d[(params.d_source + slice * 4u + quad) * params.plane + at];
  }
  if (slice <= beside) {
    return d_inside[(params.d_mixed + quad) * params.plane + at];
  }
  return d_inside[(8u + quad) * params.plane + at];
}

fn write(slice: u32, chunk: u32, tap: u32, input: u32, output: u32, sum: vec4<f32>) {
  var at = up_start() + input * 32u + slice * 16u;
  if (slice == above || slice == beside) {
    at = middle_start() + (((slice - above) * 3u + tap) * 16u + input) * 16u;
  } else if (slice > beside) {
    at = down_start() + ((slice - 4u) * 16u + input) * 16u;
  }
  write_vector(chunk * parameters() + at + output, sum);
}

fn write_bias(slice: u32, chunk: u32, output: u32, sum: vec4<f32>) {
  // Of the slices that share their derivatives, one writes the biases.
  if (slice < above) {
    write_vector(chunk * parameters() + up_start() + 512u + slice * 16u + output, sum);
  } else if (slice == above) {
    write_vector(chunk * parameters() + middle_start() + 2304u + output, sum);
  } else if (slice == 4u) {
    write_vector(chunk * parameters() + down_start() + 512u + output, sum);
  }
}

@compute @workgroup_size(threads)
fn sum_block(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = workgroup.x + params.first_workgroup;
  sum_slice(at % slices, at / slices, thread);
}
