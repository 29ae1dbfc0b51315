// Gradients of weights: sums over positions of input times derivative, in slices of 16 inputs by 16 outputs, for up to 3 taps side by
// side. A workgroup sums one slice over one chunk of positions, margins included, where derivatives are 0; pixelcnn/gather.wgsl adds
// the chunks, so that the order is always the same. A file that includes this gives `input_of` and `d_of`, 4 numbers of a position,
// `taps_of`, the number of taps (1: the position itself, 2: the one to its left too, 3: the one to its right too), `write` and `write_bias`.
//
// Grid: x = chunks * slices workgroups of 64 threads; 16 of them own 4 inputs by 4 outputs each, for a quarter of the positions.
#include "pixelcnn/lib/stacks.wgsl"
#include "pixelcnn/lib/starts.wgsl"

const chunk_positions = 512u;
const tile = 32u;
const rim_tile = 34u;

var<workgroup> input_tile: array<vec4<f32>, 136>; // [4, rim_tile]: the tile with a position before and one behind
var<workgroup> d_tile: array<vec4<f32>, 128>; // [4, tile]
var<workgroup> sum_tile: array<vec4<f32>, 256>; // [4, threads]

// Where the first position of the first image lies in a plane: sums begin there.
fn first_position() -> u32 {
  return pitch() + 1u;
}

// Barriers inside, as in `write_sums`: to be called by every thread of the workgroup.
fn fill_tiles(slice: u32, first: u32, end: u32, thread: u32) {
  for (var at = thread; at < 4u * rim_tile; at += threads) {
    // Neighbouring threads read neighbouring positions.
    input_tile[at] = input_of(slice, first + at % rim_tile - 1u, at / rim_tile);
  }
  for (var at = thread; at < 4u * tile; at += threads) {
    let own = first + at % tile;
    d_tile[at] = vec4<f32>();
    if (own < end) {
      d_tile[at] = d_of(slice, own, at / tile);
    }
  }
  workgroupBarrier();
}

// 4 inputs by 4 outputs: a column an input.
fn outer(input: vec4<f32>, d: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(input.x * d, input.y * d, input.z * d, input.w * d);
}

fn sum_slice(slice: u32, chunk: u32, thread: u32) {
  let group = thread >> 4u;
  let input_at = ((thread >> 2u) & 3u) * rim_tile + group * (tile / 4u);
  let d_at = (thread & 3u) * tile + group * (tile / 4u);
  let taps = taps_of(slice);
  var left = mat4x4<f32>();
  var here = mat4x4<f32>();
  var right = mat4x4<f32>();
  var bias = vec4<f32>();
  let all = first_position() + params.images * image_pitch();
  let begin = first_position() + chunk * chunk_positions;
  let end = min(begin + chunk_positions, all);
  for (var first = begin; first < end; first += tile) {
    fill_tiles(slice, first, end, thread);
    var before = input_tile[input_at];
    var own = input_tile[input_at + 1u];
    for (var r = 0u; r < tile / 4u; r++) {
      let d = d_tile[d_at + r];
      let behind = input_tile[input_at + r + 2u];
      here += outer(own, d);
      if (taps > 1u) {
        left += outer(before, d);
      }
      if (taps > 2u) {
        right += outer(behind, d);
      }
      bias += d;
      before = own;
      own = behind;
    }
    workgroupBarrier();
  }
  write_sums(slice, chunk, 1u, here, thread);
  if (taps > 1u) {
    write_sums(slice, chunk, 0u, left, thread);
  }
  if (taps > 2u) {
    write_sums(slice, chunk, 2u, right, thread);
  }
  sum_tile[thread] = bias;
  workgroupBarrier();
  if (thread < 4u) {
    write_bias(slice, chunk, 4u * thread, of_groups(thread));
  }
}

// The sum of the 4 groups of positions.
fn of_groups(at: u32) -> vec4<f32> {
  return (sum_tile[at] + sum_tile[at + 16u]) + (sum_tile[at + 32u] + sum_tile[at + 48u]);
}

// `tap` 0: the position to the left, 1: the position itself, 2: the one to the right.
fn write_sums(slice: u32, chunk: u32, tap: u32, sum: mat4x4<f32>, thread: u32) {
  sum_tile[thread] = sum[0];
  sum_tile[threads + thread] = sum[1];
  sum_tile[2u * threads + thread] = sum[2];
  sum_tile[3u * threads + thread] = sum[3];
  workgroupBarrier();
  // 16 owners by 4 inputs, a vector of 4 outputs each.
  let input = ((thread >> 2u) & 3u) * 4u + (thread >> 4u);
  write(slice, chunk, tap, input, (thread & 3u) * 4u, of_groups((thread >> 4u) * threads + (thread & 15u)));
  workgroupBarrier();
}

fn write_vector(at: u32, sum: vec4<f32>) {
  sums[at] = sum.x;
  sums[at + 1u] = sum.y;
  sums[at + 2u] = sum.z;
  sums[at + 3u] = sum.w;
}
