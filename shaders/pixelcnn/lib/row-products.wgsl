// Products of a position's features with rows of weights. All threads of a workgroup want the same row at the same time, so
// the weights lie in workgroup memory, which broadcasts one word to all. Sums are written out, so that they stay in registers.

// 16 numbers.
struct Four {
  a: vec4<f32>,
  b: vec4<f32>,
  c: vec4<f32>,
  d: vec4<f32>,
}

fn row_of(at: u32) -> Four {
  return Four(weight_tile[at], weight_tile[at + 1u], weight_tile[at + 2u], weight_tile[at + 3u]);
}

// sum += x * 16 columns from vector `at`
fn add_row(sum: ptr<function, Four>, x: f32, at: u32) {
  (*sum).a += x * weight_tile[at];
  (*sum).b += x * weight_tile[at + 1u];
  (*sum).c += x * weight_tile[at + 2u];
  (*sum).d += x * weight_tile[at + 3u];
}

// The same for 4 rows, `stride` vectors apart.
fn add_rows(sum: ptr<function, Four>, x: vec4<f32>, at: u32, stride: u32) {
  add_row(sum, x.x, at);
  add_row(sum, x.y, at + stride);
  add_row(sum, x.z, at + 2u * stride);
  add_row(sum, x.w, at + 3u * stride);
}

// The sum over 16 columns from vector `at` of d times the weight.
fn dot_row(d: Four, at: u32) -> f32 {
  return dot(d.a, weight_tile[at]) + dot(d.b, weight_tile[at + 1u])
    + dot(d.c, weight_tile[at + 2u]) + dot(d.d, weight_tile[at + 3u]);
}

// The same for 4 rows, `stride` vectors apart.
fn dot_rows(d: Four, at: u32, stride: u32) -> vec4<f32> {
  return vec4<f32>(
    dot_row(d, at),
    dot_row(d, at + stride),
    dot_row(d, at + 2u * stride),
    dot_row(d, at + 3u * stride),
  );
}
