// Gradients of the last layer in 4 slices, inputs by outputs, and of the logit's weights in 2 more, of one output each.
// Reference: convolveBack in src/models/pixelcnn/reference.ts. Grid: pixelcnn/lib/outer.wgsl.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/outer.wgsl"

@group(0) @binding(2) var<storage, read> stream: array<vec4<f32>>; // [.., 8, plane]
@group(0) @binding(3) var<storage, read> channels: array<vec4<f32>>; // [8, plane], the last layer's, after the relu
@group(0) @binding(4) var<storage, read> dz: array<f32>; // [plane]
@group(0) @binding(5) var<storage, read> logit: array<f32>; // [33]

const slices = 6u;

fn taps_of(slice: u32) -> u32 {
  return 1u;
}

fn input_of(slice: u32, at: u32, quad: u32) -> vec4<f32> {
  if (slice < 4u) {
    return relu(stream[(params.source + (slice >> 1u) * 4u + quad) * params.plane + at]);
  }
  return channels[((slice - 4u) * 4u + quad) * params.plane + at];
}

fn d_of(slice: u32, at: u32, quad: u32) -> vec4<f32> {
  if (slice >= 4u) {
    return select(vec4<f32>(), vec4<f32>(dz[at], 0.0, 0.0, 0.0), quad == 0u);
  }
  let k = (slice & 1u) * 4u + quad;
  let weights = vec4<f32>(logit[4u * k], logit[4u * k + 1u], logit[4u * k + 2u], logit[4u * k + 3u]);
  return passed(dz[at] * weights, channels[k * params.plane + at]);
}

fn write(slice: u32, chunk: u32, tap: u32, input: u32, output: u32, sum: vec4<f32>) {
  if (slice < 4u) {
    let row = (slice >> 1u) * 16u + input;
    write_vector(chunk * parameters() + last_start() + row * 32u + (slice & 1u) * 16u + output, sum);
  } else if (output == 0u) {
    sums[chunk * parameters() + logit_start() + (slice - 4u) * 16u + input] = sum.x;
  }
}

fn write_bias(slice: u32, chunk: u32, output: u32, sum: vec4<f32>) {
  if (slice < 2u) {
    write_vector(chunk * parameters() + last_start() + 1024u + slice * 16u + output, sum);
  } else if (slice == 4u && output == 0u) {
    sums[chunk * parameters() + logit_start() + 32u] = sum.x;
  }
}

@compute @workgroup_size(threads)
fn sum_head(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = workgroup.x + params.first_workgroup;
  sum_slice(at % slices, at / slices, thread);
}
