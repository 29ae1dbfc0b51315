// Gradients of the first layer in 4 slices: taps 0 to 15 and 16 to 23 of mask A, by 2 halves of the channels.
// Reference: convolveBack in src/models/pixelcnn/reference.ts. Grid: pixelcnn/lib/outer.wgsl.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/outer.wgsl"
#include "pixelcnn/lib/pixels.wgsl"

@group(0) @binding(3) var<storage, read> d: array<vec4<f32>>; // [2, 8, plane]

const slices = 4u;
const taps = 24u;

fn taps_of(slice: u32) -> u32 {
  return 1u;
}

fn input_of(slice: u32, at: u32, quad: u32) -> vec4<f32> {
  let image = (at - first_position()) / image_pitch();
  let row = (at - image * image_pitch()) / pitch() - 1u;
  let column = at % pitch() - 1u;
  // Unsigned numbers wrap around: margins are outside too.
  if (image >= params.images || row >= params.height || column >= params.width) {
    return vec4<f32>();
  }
  let tap = (slice >> 1u) * 16u + quad * 4u;
  // 4 taps lie in one row of the kernel or two.
  let upper = tap / 7u;
  let seen = window(image, row + upper - 3u, column) | (window(image, row + upper - 2u, column) << 7u);
  let on = vec4<u32>(seen >> (tap % 7u)) >> vec4<u32>(0u, 1u, 2u, 3u);
  return vec4<f32>(on & vec4<u32>(1u));
}

fn d_of(slice: u32, at: u32, quad: u32) -> vec4<f32> {
  return d[(params.d_source + (slice & 1u) * 4u + quad) * params.plane + at];
}

fn write(slice: u32, chunk: u32, tap: u32, input: u32, output: u32, sum: vec4<f32>) {
  let own = (slice >> 1u) * 16u + input;
  if (own < taps) {
    write_vector(chunk * parameters() + own * 32u + (slice & 1u) * 16u + output, sum);
  }
}

fn write_bias(slice: u32, chunk: u32, output: u32, sum: vec4<f32>) {
  if (slice < 2u) {
    write_vector(chunk * parameters() + 1568u + slice * 16u + output, sum);
  }
}

@compute @workgroup_size(threads)
fn sum_first(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = workgroup.x + params.first_workgroup;
  sum_slice(at % slices, at / slices, thread);
}
