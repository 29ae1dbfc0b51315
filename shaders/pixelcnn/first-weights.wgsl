// Gradients of the first layer in 4 slices: taps 0 to 15 and 16 to 23 of mask A, by 2 halves of the channels.
// Reference: convolveBack in src/models/pixelcnn/reference.ts. Grid: pixelcnn/lib/outer.wgsl.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/outer.wgsl"
#include "pixelcnn/lib/pixels.wgsl"

@group(0) @binding(3) var<storage, read> d: array<vec4<f32>>; // [2, images, positions, 8]

const slices = 4u;
const taps = 24u;

fn input_of(slice: u32, own: u32, quad: u32) -> vec4<f32> {
  var seen = vec4<f32>();
  let image = own / positions();
  let position = own % positions();
  for (var c = 0u; c < 4u; c++) {
    let tap = (slice >> 1u) * 16u + quad * 4u + c;
    if (tap < taps && sees(image, position, tap)) {
      seen[c] = 1.0;
    }
  }
  return seen;
}

fn d_of(slice: u32, own: u32, quad: u32) -> vec4<f32> {
  return d[params.d_source + own * 8u + (slice & 1u) * 4u + quad];
}

fn write(slice: u32, chunk: u32, input: u32, output: u32, sum: vec4<f32>) {
  let tap = (slice >> 1u) * 16u + input;
  if (tap < taps) {
    write_vector(chunk * parameters() + tap * 32u + (slice & 1u) * 16u + output, sum);
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
