// Gradients of the second layer of quiet pixels in 8 slices, 4 of the inputs by 2 of the outputs.
// Reference: affineBack in src/models/sparse-pixelcnn/definition.ts. Grid: sparse-pixelcnn/lib/outer.wgsl.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/rows.wgsl"

@group(0) @binding(2) var<storage, read> features: array<vec4<f32>>; // g [rows, 32], q [rows, 16]
@group(0) @binding(3) var<storage, read> d: array<vec4<f32>>; // by g [rows, 32], by q [rows, 16]
@group(0) @binding(4) var<storage, read_write> sums: array<f32>; // [chunks, 129, 64]
#include "sparse-pixelcnn/lib/outer.wgsl"

const slices = 8u;

fn input_of(slice: u32, row: u32, quad: u32) -> vec4<f32> {
  return max(features[row * 32u + (slice >> 1u) * 8u + quad], vec4<f32>());
}

fn d_of(slice: u32, row: u32, quad: u32) -> vec4<f32> {
  return d[capacity() * 32u + row * 16u + (slice & 1u) * 8u + quad];
}

fn tensor_at(slice: u32, chunk: u32, input: u32) -> u32 {
  return (chunk * 129u + (slice >> 1u) * 32u + input) * 64u + (slice & 1u) * 32u;
}

fn writes_bias(slice: u32) -> bool {
  return slice >= 6u;
}

// Biases are the row behind the last slice's inputs.
fn bias_at(slice: u32, chunk: u32) -> u32 {
  return tensor_at(slice, chunk, 32u);
}

@compute @workgroup_size(threads)
fn sum_quiet(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = workgroup.x + params.first_workgroup;
  sum_slice(at % slices, at / slices, row_count(), thread);
}
