// The way down into a block, 32 -> 16 channels, from what its thread has just written at `destination` of the stream.

@group(0) @binding(2) var<storage, read> down: array<vec4<f32>>; // [blocks, 33, 4]
@group(0) @binding(5) var<storage, read_write> inside: array<vec4<f32>>; // [.., 4, plane]

// Weights of 4 inputs, columns, to 4 outputs, rows.
fn down_rows(at: u32) -> mat4x4<f32> {
  return mat4x4<f32>(down[at], down[at + 4u], down[at + 8u], down[at + 12u]);
}

fn inside_at(at: u32) -> mat4x4<f32> {
  let p = pitch();
  return mat4x4<f32>(inside[at], inside[at + p], inside[at + 2u * p], inside[at + 3u * p]);
}

fn write_inside(at: u32, rows: u32, m: mat4x4<f32>) {
  let p = pitch();
  inside[at] = m[0];
  if (rows > 1u) {
    inside[at + p] = m[1];
  }
  if (rows > 2u) {
    inside[at + 2u * p] = m[2];
  }
  if (rows > 3u) {
    inside[at + 3u * p] = m[3];
  }
}

// Writes 16 channels into the planes from number `first` on.
fn write_sixteen(first: u32, place: Place, m: Sixteen) {
  let at = first * params.plane + place.at;
  write_inside(at, place.rows, m.a);
  write_inside(at + params.plane, place.rows, m.b);
  write_inside(at + 2u * params.plane, place.rows, m.c);
  write_inside(at + 3u * params.plane, place.rows, m.d);
}

fn go_down(block: u32, place: Place) {
  let weights = block * 132u;
  let biases = weights + 128u;
  var sum = Sixteen(
    everywhere(down[biases]),
    everywhere(down[biases + 1u]),
    everywhere(down[biases + 2u]),
    everywhere(down[biases + 3u]),
  );
  for (var k = 0u; k < 8u; k++) {
    let x = relu_each(stream_at((params.destination + k) * params.plane + place.at));
    let row = weights + k * 16u;
    sum.a += down_rows(row) * x;
    sum.b += down_rows(row + 1u) * x;
    sum.c += down_rows(row + 2u) * x;
    sum.d += down_rows(row + 3u) * x;
  }
  write_sixteen(params.next_hidden, place, relu_all(sum));
}
