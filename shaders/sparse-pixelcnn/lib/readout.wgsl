// What the logits of both nets are read off, 64 numbers a row: elu(scale h) behind the last block, or relu(q) of a quiet pixel.

@group(0) @binding(3) var<storage, read> features: array<vec4<f32>>; // stream [sets, rows, 16], or g [rows, 32] and q [rows, 16]
@group(0) @binding(4) var<storage, read> scales: array<f32>; // [sets, rows], active rows alone

// Where the 16 vectors of a row begin.
fn feature_row(row: u32) -> u32 {
  let start = select(stream_set(params.blocks) * 16u, 32u, params.quiet == 1u);
  return capacity() * start + row * 16u;
}

fn scale_of(row: u32) -> f32 {
  return scales[stream_set(params.blocks) * capacity() + row];
}

fn read_off(f: vec4<f32>, scale: f32) -> vec4<f32> {
  if (params.quiet == 1u) {
    return max(f, vec4<f32>());
  }
  return elu(scale * f);
}
