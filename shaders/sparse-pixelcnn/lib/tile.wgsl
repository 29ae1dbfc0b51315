// Products of a tile of 32 rows with 32 columns of weights, by a workgroup of 64 threads: a thread owns 4 rows by 4 columns, and 32 inner
// numbers go by at a time, from slabs in workgroup memory. Thread t owns rows own_row(t) to own_row(t) + 3 and vector own_column(t).

const threads = 64u;
const tile_rows = 32u;
// Vectors from one row of `left` to the next: one more than there are, so that rows begin in other banks.
const pitch = 9u;

var<workgroup> left: array<vec4<f32>, 288>; // [32 rows, 8 vectors of inner numbers]
var<workgroup> right: array<vec4<f32>, 256>; // [32 inner numbers, 8 vectors of columns]
var<workgroup> shares: array<f32, 256>; // [32 rows, 8]

// 4 rows of 4 columns.
struct Four {
  a: vec4<f32>,
  b: vec4<f32>,
  c: vec4<f32>,
  d: vec4<f32>,
}

fn own_row(thread: u32) -> u32 {
  return (thread >> 3u) * 4u;
}

fn own_column(thread: u32) -> u32 {
  return thread & 7u;
}

// sum += left * right. Barriers around it are the caller's.
fn multiply(sum: ptr<function, Four>, thread: u32) {
  let at = own_row(thread) * pitch;
  for (var k = 0u; k < 8u; k++) {
    let w = k * 32u + own_column(thread);
    let w_0 = right[w];
    let w_1 = right[w + 8u];
    let w_2 = right[w + 16u];
    let w_3 = right[w + 24u];
    let a = left[at + k];
    let b = left[at + pitch + k];
    let c = left[at + 2u * pitch + k];
    let d = left[at + 3u * pitch + k];
    (*sum).a += a.x * w_0 + a.y * w_1 + (a.z * w_2 + a.w * w_3);
    (*sum).b += b.x * w_0 + b.y * w_1 + (b.z * w_2 + b.w * w_3);
    (*sum).c += c.x * w_0 + c.y * w_1 + (c.z * w_2 + c.w * w_3);
    (*sum).d += d.x * w_0 + d.y * w_1 + (d.z * w_2 + d.w * w_3);
  }
}

// A thread's numbers become those of the left slab.
fn put_left(f: Four, thread: u32) {
  let at = own_row(thread) * pitch + own_column(thread);
  left[at] = f.a;
  left[at + pitch] = f.b;
  left[at + 2u * pitch] = f.c;
  left[at + 3u * pitch] = f.d;
}

// The sums over a row's 8 threads, for a thread's 4 rows. Barriers inside: to be called by every thread of the workgroup.
fn row_sums(own: vec4<f32>, thread: u32) -> vec4<f32> {
  let at = own_row(thread) * 8u;
  for (var r = 0u; r < 4u; r++) {
    shares[at + r * 8u + own_column(thread)] = own[r];
  }
  workgroupBarrier();
  var sum = vec4<f32>();
  for (var k = 0u; k < 8u; k++) {
    sum += vec4<f32>(shares[at + k], shares[at + 8u + k], shares[at + 16u + k], shares[at + 24u + k]);
  }
  workgroupBarrier();
  return sum;
}

fn dots(f: Four, g: Four) -> vec4<f32> {
  return vec4<f32>(dot(f.a, g.a), dot(f.b, g.b), dot(f.c, g.c), dot(f.d, g.d));
}
