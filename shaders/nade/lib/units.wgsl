// Hidden units of one image in a sampler, a workgroup of 128 threads: a thread keeps the sums a of four units, 128 apart, so that
// neighbours in memory belong to neighbouring threads. 512 in all, more than the family allows. The units themselves lie in workgroup
// memory, where all threads read them. The including kernel declares `params` with `hidden`, and `input`.

const threads = 128u;

var<workgroup> units: array<f32, 512>; // [hidden], 0 beyond them

// Which of a thread's units there are. Reads outside a buffer give some other element of it, which select drops.
fn present(thread: u32, hidden: u32) -> vec4<bool> {
  return vec4<u32>(thread, thread + 128u, thread + 256u, thread + 384u) < vec4<u32>(hidden);
}

// The thread's four of row W of one pixel.
fn input_of(pixel: u32, thread: u32) -> vec4<f32> {
  let at = pixel * params.hidden + thread;
  let row = vec4<f32>(input[at], input[at + 128u], input[at + 256u], input[at + 384u]);
  return select(vec4<f32>(), row, present(thread, params.hidden));
}

// The thread's four units from their sums. A barrier at the end: to be called by every thread of the workgroup.
fn open_units(a: vec4<f32>, thread: u32) {
  let e = exp(-abs(a));
  let h = select(vec4<f32>(), select(e, vec4<f32>(1.0), a >= vec4<f32>()) / (1.0 + e), present(thread, params.hidden));
  units[thread] = h.x;
  units[thread + 128u] = h.y;
  units[thread + 256u] = h.z;
  units[thread + 384u] = h.w;
  workgroupBarrier();
}
