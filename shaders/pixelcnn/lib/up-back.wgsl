// Backpropagation through a block's way up, from what its thread has just written at `d_destination` to the derivative by the 3x3
// convolution's output: dM = U d where its relu lets it through.

@group(0) @binding(1) var<storage, read> up: array<vec4<f32>>; // [blocks, 17, 8]
@group(0) @binding(2) var<storage, read> inside: array<vec4<f32>>; // [blocks, 8, plane]: hidden, mixed, both after the relu
@group(0) @binding(3) var<storage, read_write> d: array<vec4<f32>>; // [2, 8, plane]
@group(0) @binding(4) var<storage, read_write> d_inside: array<vec4<f32>>; // [3, 4, plane]: twice by mixed, by hidden

fn inside_at(at: u32) -> mat4x4<f32> {
  let p = pitch();
  return mat4x4<f32>(inside[at], inside[at + p], inside[at + 2u * p], inside[at + 3u * p]);
}

fn d_at(at: u32) -> mat4x4<f32> {
  let p = pitch();
  return mat4x4<f32>(d[at], d[at + p], d[at + 2u * p], d[at + 3u * p]);
}

// Weights of 4 inputs, columns, to 4 outputs, rows.
fn up_rows(at: u32) -> mat4x4<f32> {
  return mat4x4<f32>(up[at], up[at + 8u], up[at + 16u], up[at + 24u]);
}

fn write_d_inside(at: u32, rows: u32, m: mat4x4<f32>) {
  let p = pitch();
  d_inside[at] = m[0];
  if (rows > 1u) {
    d_inside[at + p] = m[1];
  }
  if (rows > 2u) {
    d_inside[at + 2u * p] = m[2];
  }
  if (rows > 3u) {
    d_inside[at + 3u * p] = m[3];
  }
}

// Where the relu of `features`, planes of `inside`, lets it through.
fn write_passed(first: u32, features: u32, place: Place, m: Sixteen) {
  let p = params.plane;
  let into = first * p + place.at;
  let source = features * p + place.at;
  write_d_inside(into, place.rows, passed_each(m.a, inside_at(source)));
  write_d_inside(into + p, place.rows, passed_each(m.b, inside_at(source + p)));
  write_d_inside(into + 2u * p, place.rows, passed_each(m.c, inside_at(source + 2u * p)));
  write_d_inside(into + 3u * p, place.rows, passed_each(m.d, inside_at(source + 3u * p)));
}

fn go_back_up(block: u32, place: Place) {
  var sum = Sixteen();
  for (var k = 0u; k < 8u; k++) {
    let x = d_at((params.d_destination + k) * params.plane + place.at);
    let row = block * 136u + k;
    sum.a += transpose(up_rows(row)) * x;
    sum.b += transpose(up_rows(row + 32u)) * x;
    sum.c += transpose(up_rows(row + 64u)) * x;
    sum.d += transpose(up_rows(row + 96u)) * x;
  }
  write_passed(params.next_d_mixed, params.next_hidden + 4u, place, sum);
}
