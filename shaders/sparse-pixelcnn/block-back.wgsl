// Backpropagation from one block to the one before. First, unless `block` is `blocks`, from block b = `block`: du = M' dm over the positions that
// see a row at one of their taps, then d by h_b = d by h_b+1 + rms'(elu'(D' du)). Then, unless `block` is 0, to the taps of block
// b - 1: dm = U' d, each where its elu lets it through.
// Reference: blockBack in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = ceil(positions / 32) workgroups of 64 threads, one a tile of 32 active rows; those beyond the last row do nothing.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/rows.wgsl"
#include "sparse-pixelcnn/lib/positions.wgsl"
#include "sparse-pixelcnn/lib/taps.wgsl"
#include "sparse-pixelcnn/lib/tile.wgsl"
#include "sparse-pixelcnn/lib/spread.wgsl"

@group(0) @binding(4) var<storage, read> stream: array<vec4<f32>>; // [blocks + 1, rows, 16]
@group(0) @binding(6) var<storage, read> scales: array<f32>; // [blocks + 1, rows]
@group(0) @binding(7) var<storage, read_write> d: array<vec4<f32>>; // [2, rows, 16], by h in turn

// A thread's part of h, or of d, of the tile's rows.
fn read_stream(at: u32) -> Four {
  return Four(stream[at], stream[at + 16u], stream[at + 32u], stream[at + 48u]);
}

fn read_d(at: u32) -> Four {
  return Four(d[at], d[at + 16u], d[at + 32u], d[at + 48u]);
}

fn write_d(row: u32, column: u32, f: vec4<f32>, count: u32) {
  if (row < count) {
    d[((params.block & 1u) * capacity() + row) * 16u + column] = f;
  }
}

// The derivative by y = scale h of 32 of the 64 channels, the left slab being du. Barriers inside.
fn climb(half: u32, h: Four, scale: vec4<f32>, thread: u32) -> Four {
  for (var at = thread; at < 256u; at += threads) {
    right[at] = transposed[params.block * 512u + (at >> 3u) * 16u + half * 8u + (at & 7u)];
  }
  workgroupBarrier();
  var sum: Four;
  multiply(&sum, thread);
  workgroupBarrier();
  return Four(
    sum.a * elu_slope(elu(scale.x * h.a)),
    sum.b * elu_slope(elu(scale.y * h.b)),
    sum.c * elu_slope(elu(scale.z * h.c)),
    sum.d * elu_slope(elu(scale.w * h.d)),
  );
}

// d by h of one row: what comes past the block, and `by_y` through the division by the root mean square.
fn joined(past: vec4<f32>, by_y: vec4<f32>, h: vec4<f32>, along: f32, scale: f32) -> vec4<f32> {
  return within(past + scale * (by_y - scale * h * along), h);
}

// The same for a thread's rows, written too. `along` is the mean of y times the derivative by y.
fn join(half: u32, by_y: Four, h: Four, along: vec4<f32>, scale: vec4<f32>, row: u32, column: u32, count: u32) -> Four {
  let own = half * 8u + column;
  let past = read_d((((params.block + 1u) & 1u) * capacity() + row) * 16u + own);
  let f = Four(
    joined(past.a, by_y.a, h.a, along.x, scale.x),
    joined(past.b, by_y.b, h.b, along.y, scale.y),
    joined(past.c, by_y.c, h.c, along.z, scale.z),
    joined(past.d, by_y.d, h.d, along.w, scale.w),
  );
  write_d(row, own, f.a, count);
  write_d(row + 1u, own, f.b, count);
  write_d(row + 2u, own, f.c, count);
  write_d(row + 3u, own, f.d, count);
  return f;
}

// sum += half of U' d. Barriers inside.
fn descend(sum: ptr<function, Four>, half: u32, f: Four, thread: u32) {
  put_left(f, thread);
  let start = params.blocks * 1792u + (params.block - 1u) * 512u + half * 256u;
  for (var at = thread; at < 256u; at += threads) {
    right[at] = transposed[start + at];
  }
  workgroupBarrier();
  multiply(sum, thread);
  workgroupBarrier();
}

@compute @workgroup_size(threads)
fn go_back(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let count = active_rows();
  let first = (workgroup.x + params.first_workgroup) * tile_rows;
  if (first >= count) {
    return;
  }
  let row = first + own_row(thread);
  let column = own_column(thread);
  var low: Four;
  var high: Four;
  if (params.block == params.blocks) {
    let at = ((params.block & 1u) * capacity() + row) * 16u + column;
    low = read_d(at);
    high = read_d(at + 8u);
  } else {
    let b = params.block;
    let by_u = through_elu(spread(b, first, thread, count), b, row, column);
    write_inner(2u, row, column, by_u, count);
    put_left(by_u, thread);
    let own = b * capacity() + row;
    let scale = vec4<f32>(scales[own], scales[own + 1u], scales[own + 2u], scales[own + 3u]);
    let h_low = read_stream(own * 16u + column);
    let h_high = read_stream(own * 16u + 8u + column);
    let by_low = climb(0u, h_low, scale, thread);
    let by_high = climb(1u, h_high, scale, thread);
    let along = scale * row_sums(dots(by_low, h_low) + dots(by_high, h_high), thread) / 64.0;
    low = join(0u, by_low, h_low, along, scale, row, column, count);
    high = join(1u, by_high, h_high, along, scale, row, column, count);
  }
  if (params.block == 0u) {
    return;
  }
  var sum: Four;
  descend(&sum, 0u, low, thread);
  descend(&sum, 1u, high, thread);
  let b = params.block - 1u;
  write_inner(b & 1u, row, column, through_elu(sum, params.blocks + b, row, column), count);
}
