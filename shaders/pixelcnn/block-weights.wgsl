// Gradients of a block's weights in 9 slices: 2 of the way up, 5 taps of the 3x3 convolution, 2 of the way down.
// Reference: convolveBack in src/models/pixelcnn/reference.ts. Grid: pixelcnn/lib/outer.wgsl.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/outer.wgsl"

@group(0) @binding(2) var<storage, read> stream: array<vec4<f32>>; // [.., images, positions, 8]
@group(0) @binding(3) var<storage, read> hidden: array<vec4<f32>>; // [images, positions, 4]
@group(0) @binding(4) var<storage, read> mixed: array<vec4<f32>>; // [images, positions, 4]
@group(0) @binding(5) var<storage, read> d: array<vec4<f32>>; // [2, images, positions, 8]
@group(0) @binding(6) var<storage, read> d_mixed: array<vec4<f32>>; // [images, positions, 4]
@group(0) @binding(7) var<storage, read> d_hidden: array<vec4<f32>>; // [images, positions, 4]

const slices = 9u;

fn input_of(slice: u32, own: u32, quad: u32) -> vec4<f32> {
  if (slice < 2u) {
    return mixed[own * 4u + quad];
  }
  if (slice >= 7u) {
    return relu(stream[params.source + own * 8u + (slice - 7u) * 4u + quad]);
  }
  let tap = slice - 2u;
  let position = own % positions();
  // Unsigned numbers wrap around: above and left of the grid are not inside.
  let row = position / params.width + tap / 3u - 1u;
  let column = position % params.width + tap % 3u - 1u;
  if (row >= params.height || column >= params.width) {
    return vec4<f32>();
  }
  return hidden[(own - position + row * params.width + column) * 4u + quad];
}

fn d_of(slice: u32, own: u32, quad: u32) -> vec4<f32> {
  if (slice < 2u) {
    return d[params.d_source + own * 8u + slice * 4u + quad];
  }
  if (slice < 7u) {
    return d_mixed[own * 4u + quad];
  }
  return d_hidden[own * 4u + quad];
}

fn write(slice: u32, chunk: u32, input: u32, output: u32, sum: vec4<f32>) {
  var at = up_start() + input * 32u + slice * 16u;
  if (slice >= 7u) {
    at = down_start() + ((slice - 7u) * 16u + input) * 16u;
  } else if (slice >= 2u) {
    at = middle_start() + ((slice - 2u) * 16u + input) * 16u;
  }
  write_vector(chunk * parameters() + at + output, sum);
}

fn write_bias(slice: u32, chunk: u32, output: u32, sum: vec4<f32>) {
  // Of the slices that share their derivatives, one writes the biases.
  if (slice < 2u) {
    write_vector(chunk * parameters() + up_start() + 512u + slice * 16u + output, sum);
  } else if (slice == 2u) {
    write_vector(chunk * parameters() + middle_start() + 2304u + output, sum);
  } else if (slice == 7u) {
    write_vector(chunk * parameters() + down_start() + 512u + output, sum);
  }
}

@compute @workgroup_size(threads)
fn sum_block(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = workgroup.x + params.first_workgroup;
  sum_slice(at % slices, at / slices, thread);
}
