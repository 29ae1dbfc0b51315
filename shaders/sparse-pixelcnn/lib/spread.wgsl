// Derivatives inside the blocks: from the outputs of a block's middle layer to what it looked at, gathered by the positions that were
// looked at, so that no two threads add to the same number.
// Reference: blockBack in src/models/sparse-pixelcnn/definition.ts.

@group(0) @binding(3) var<storage, read> transposed: array<vec4<f32>>; // D' [blocks, 32, 16], M' [blocks, 32, 40], U' [blocks, 64, 8], more
@group(0) @binding(5) var<storage, read> inner: array<vec4<f32>>; // [2 * blocks, rows, 8]: u, then M taps(u), after elu
@group(0) @binding(8) var<storage, read_write> d_inner: array<vec4<f32>>; // [3, rows, 8]: dm in turn, du

var<workgroup> seen_by: array<u32, 160>; // [5 taps, 32 rows]

fn write_inner(number: u32, row: u32, column: u32, f: Four, count: u32) {
  let at = (number * capacity() + row) * 8u + column;
  if (row < count) {
    d_inner[at] = f.a;
  }
  if (row + 1u < count) {
    d_inner[at + 8u] = f.b;
  }
  if (row + 2u < count) {
    d_inner[at + 16u] = f.c;
  }
  if (row + 3u < count) {
    d_inner[at + 24u] = f.d;
  }
}

// Derivatives of a thread's rows, less what the elu that gave a set of `inner` holds back.
fn through_elu(f: Four, number: u32, row: u32, column: u32) -> Four {
  let at = (number * capacity() + row) * 8u + column;
  return Four(
    f.a * elu_slope(inner[at]),
    f.b * elu_slope(inner[at + 8u]),
    f.c * elu_slope(inner[at + 16u]),
    f.d * elu_slope(inner[at + 24u]),
  );
}

// M' dm of block b over the positions that see a row at one of their taps. Barriers inside.
fn spread(b: u32, first: u32, thread: u32, count: u32) -> Four {
  for (var at = thread; at < taps * tile_rows; at += threads) {
    let row = first + at % tile_rows;
    seen_by[at] = none;
    if (row < count) {
      seen_by[at] = neighbour(position_of(row), at / tile_rows, -dilation(b));
    }
  }
  let start = params.blocks * 512u + b * 1280u;
  var sum: Four;
  for (var tap = 0u; tap < taps; tap++) {
    workgroupBarrier();
    for (var at = thread; at < 256u; at += threads) {
      let row = seen_by[tap * tile_rows + (at >> 3u)];
      var f = vec4<f32>();
      if (row != none) {
        f = d_inner[((b & 1u) * capacity() + row) * 8u + (at & 7u)];
      }
      left[(at >> 3u) * pitch + (at & 7u)] = f;
      right[at] = transposed[start + (at >> 3u) * 40u + tap * 8u + (at & 7u)];
    }
    workgroupBarrier();
    multiply(&sum, thread);
  }
  workgroupBarrier();
  return sum;
}
