// Gradients of a block's weights in 9 slices: 5 taps, 2 halves of the way up, 2 of the way down.
// Reference: affineBack in src/models/sparse-pixelcnn/definition.ts. Grid: sparse-pixelcnn/lib/outer.wgsl.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/rows.wgsl"
#include "sparse-pixelcnn/lib/positions.wgsl"
#include "sparse-pixelcnn/lib/taps.wgsl"

@group(0) @binding(3) var<storage, read> stream: array<vec4<f32>>; // [blocks + 1, rows, 16]
@group(0) @binding(4) var<storage, read> inner: array<vec4<f32>>; // [2 * blocks, rows, 8]: u, then M taps(u), after elu
@group(0) @binding(5) var<storage, read> scales: array<f32>; // [blocks + 1, rows]
@group(0) @binding(6) var<storage, read> d: array<vec4<f32>>; // [2, rows, 16], by h in turn
@group(0) @binding(7) var<storage, read> d_inner: array<vec4<f32>>; // [3, rows, 8]: dm in turn, du
@group(0) @binding(8) var<storage, read_write> sums: array<f32>; // [chunks, down [blocks, 65, 32], middle [blocks, 161, 32], up [blocks, 33, 64]]
#include "sparse-pixelcnn/lib/outer.wgsl"

const slices = 9u;

fn input_of(slice: u32, row: u32, quad: u32) -> vec4<f32> {
  let b = params.block;
  if (slice < taps) {
    let seen = neighbour(position_of(row), slice, dilation(b));
    if (seen == none) {
      return vec4<f32>();
    }
    return inner[(b * capacity() + seen) * 8u + quad];
  }
  if (slice < 7u) {
    return inner[((params.blocks + b) * capacity() + row) * 8u + quad];
  }
  let own = b * capacity() + row;
  return elu(scales[own] * stream[own * 16u + (slice - 7u) * 8u + quad]);
}

fn d_of(slice: u32, row: u32, quad: u32) -> vec4<f32> {
  let b = params.block;
  if (slice < taps) {
    return d_inner[((b & 1u) * capacity() + row) * 8u + quad];
  }
  if (slice < 7u) {
    return d[(((b + 1u) & 1u) * capacity() + row) * 16u + (slice - taps) * 8u + quad];
  }
  return d_inner[(2u * capacity() + row) * 8u + quad];
}

fn tensor_at(slice: u32, chunk: u32, input: u32) -> u32 {
  let start = chunk * params.blocks * 9344u;
  let b = params.block;
  if (slice < taps) {
    return start + params.blocks * 2080u + (b * 161u + slice * 32u + input) * 32u;
  }
  if (slice < 7u) {
    return start + params.blocks * 7232u + (b * 33u + input) * 64u + (slice - taps) * 32u;
  }
  return start + (b * 65u + (slice - 7u) * 32u + input) * 32u;
}

fn writes_bias(slice: u32) -> bool {
  return slice >= 4u && slice != 7u;
}

// Biases are the row behind the inputs: that after the last slice's.
fn bias_at(slice: u32, chunk: u32) -> u32 {
  return tensor_at(slice, chunk, 32u);
}

@compute @workgroup_size(threads)
fn sum_block(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = workgroup.x + params.first_workgroup;
  sum_slice(at % slices, at / slices, active_rows(), thread);
}
