// The residual stream: 32 channels of a stack. A kernel that only reads it declares it itself.

@group(0) @binding(4) var<storage, read_write> stream: array<vec4<f32>>; // [.., 8, plane]

fn stream_at(at: u32) -> mat4x4<f32> {
  let p = pitch();
  return mat4x4<f32>(stream[at], stream[at + p], stream[at + 2u * p], stream[at + 3u * p]);
}

fn write_stream(at: u32, rows: u32, m: mat4x4<f32>) {
  let p = pitch();
  stream[at] = m[0];
  if (rows > 1u) {
    stream[at + p] = m[1];
  }
  if (rows > 2u) {
    stream[at + 2u * p] = m[2];
  }
  if (rows > 3u) {
    stream[at + 3u * p] = m[3];
  }
}
