// From block number `block` - 1 to the next: h' = bounded(h + U elu(M taps(u))), then scale' = 1 / sqrt(mean h'^2 + 1e-3) and the next
// block's u' = elu(D elu(scale' h')). Number 0 has no block before it, number `blocks` none behind.
// Reference: pass in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = ceil(positions / 32) workgroups of 64 threads, one a tile of 32 active rows; those beyond the last row do nothing.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/rows.wgsl"
#include "sparse-pixelcnn/lib/positions.wgsl"
#include "sparse-pixelcnn/lib/taps.wgsl"
#include "sparse-pixelcnn/lib/tile.wgsl"

@group(0) @binding(3) var<storage, read> down: array<vec4<f32>>; // [blocks, 65, 8]
@group(0) @binding(4) var<storage, read> middle: array<vec4<f32>>; // [blocks, 161, 8]
@group(0) @binding(5) var<storage, read> up: array<vec4<f32>>; // [blocks, 33, 16]
@group(0) @binding(6) var<storage, read_write> stream: array<vec4<f32>>; // [sets, rows, 16]
@group(0) @binding(7) var<storage, read_write> inner: array<vec4<f32>>; // [sets, rows, 8]: u and M taps(u), both after elu
@group(0) @binding(8) var<storage, read_write> scales: array<f32>; // [sets, rows]

var<workgroup> seen: array<u32, 160>; // [5 taps, 32 rows]

fn read_stream(at: u32) -> Four {
  return Four(stream[at], stream[at + 16u], stream[at + 32u], stream[at + 48u]);
}

fn write_stream(row: u32, column: u32, f: vec4<f32>, count: u32) {
  if (row < count) {
    stream[(stream_set(params.block) * capacity() + row) * 16u + column] = f;
  }
}

fn write_inner(number: u32, first: u32, thread: u32, f: Four, count: u32) {
  let row = first + own_row(thread);
  let at = (number * capacity() + row) * 8u + own_column(thread);
  if (row < count) {
    inner[at] = f.a;
  }
  if (row + 1u < count) {
    inner[at + 8u] = f.b;
  }
  if (row + 2u < count) {
    inner[at + 16u] = f.c;
  }
  if (row + 3u < count) {
    inner[at + 24u] = f.d;
  }
}

fn elu_of(f: Four, scale: vec4<f32>) -> Four {
  return Four(elu(scale.x * f.a), elu(scale.y * f.b), elu(scale.z * f.c), elu(scale.w * f.d));
}

// M taps(u), after elu. Barriers inside.
fn mix(b: u32, first: u32, thread: u32, count: u32) -> Four {
  for (var at = thread; at < taps * tile_rows; at += threads) {
    let row = first + at % tile_rows;
    seen[at] = none;
    if (row < count) {
      seen[at] = neighbour(position_of(row), at / tile_rows, dilation(b));
    }
  }
  let bias = middle[(b * 161u + 160u) * 8u + own_column(thread)];
  var sum = Four(bias, bias, bias, bias);
  for (var tap = 0u; tap < taps; tap++) {
    workgroupBarrier();
    for (var at = thread; at < 256u; at += threads) {
      let row = seen[tap * tile_rows + (at >> 3u)];
      var f = vec4<f32>();
      if (row != none) {
        f = inner[(hidden_set(b) * capacity() + row) * 8u + (at & 7u)];
      }
      left[(at >> 3u) * pitch + (at & 7u)] = f;
      right[at] = middle[(b * 161u + tap * 32u) * 8u + at];
    }
    workgroupBarrier();
    multiply(&sum, thread);
  }
  workgroupBarrier();
  return elu_of(sum, vec4<f32>(1.0));
}

// 32 of the 64 columns of h': `half` 0 or 1, the left slab being M taps(u). Barriers inside.
fn climb(b: u32, half: u32, first: u32, thread: u32, count: u32) -> Four {
  for (var at = thread; at < 256u; at += threads) {
    right[at] = up[(b * 33u + (at >> 3u)) * 16u + half * 8u + (at & 7u)];
  }
  workgroupBarrier();
  let column = half * 8u + own_column(thread);
  let row = first + own_row(thread);
  var sum = read_stream((stream_set(b) * capacity() + row) * 16u + column);
  let bias = up[(b * 33u + 32u) * 16u + column];
  sum = Four(sum.a + bias, sum.b + bias, sum.c + bias, sum.d + bias);
  multiply(&sum, thread);
  sum = Four(bounded(sum.a), bounded(sum.b), bounded(sum.c), bounded(sum.d));
  write_stream(row, column, sum.a, count);
  write_stream(row + 1u, column, sum.b, count);
  write_stream(row + 2u, column, sum.c, count);
  write_stream(row + 3u, column, sum.d, count);
  workgroupBarrier();
  return sum;
}

// sum += half of D elu(scale h). Barriers inside.
fn descend(sum: ptr<function, Four>, half: u32, f: Four, thread: u32) {
  put_left(f, thread);
  for (var at = thread; at < 256u; at += threads) {
    right[at] = down[(params.block * 65u + half * 32u) * 8u + at];
  }
  workgroupBarrier();
  multiply(sum, thread);
  workgroupBarrier();
}

@compute @workgroup_size(threads)
fn go_on(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let count = active_rows();
  let first = (workgroup.x + params.first_workgroup) * tile_rows;
  if (first >= count) {
    return;
  }
  var low: Four;
  var high: Four;
  let row = first + own_row(thread);
  if (params.block == 0u) {
    let at = row * 16u + own_column(thread);
    low = read_stream(at);
    high = read_stream(at + 8u);
  } else {
    let b = params.block - 1u;
    let mixed = mix(b, first, thread, count);
    write_inner(mixed_set(b), first, thread, mixed, count);
    put_left(mixed, thread);
    low = climb(b, 0u, first, thread, count);
    high = climb(b, 1u, first, thread, count);
  }
  let squares = row_sums(dots(low, low) + dots(high, high), thread);
  let scale = inverseSqrt(squares / 64.0 + epsilon);
  if (own_column(thread) < 4u && row + own_column(thread) < count) {
    scales[stream_set(params.block) * capacity() + row + own_column(thread)] = scale[own_column(thread)];
  }
  if (params.block == params.blocks) {
    return;
  }
  let bias = down[(params.block * 65u + 64u) * 8u + own_column(thread)];
  var sum = Four(bias, bias, bias, bias);
  descend(&sum, 0u, elu_of(low, scale), thread);
  descend(&sum, 1u, elu_of(high, scale), thread);
  write_inner(hidden_set(params.block), first, thread, elu_of(sum, vec4<f32>(1.0)), count);
}
