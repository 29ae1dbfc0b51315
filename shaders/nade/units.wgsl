// Hidden units of a workgroup of 128 threads: four a thread, 128 apart, so that neighbours in memory belong to neighbouring
// threads. 512 in all, more than the family allows.

const threads = 128u;

// The sigmoid of math.wgsl for the four units of a thread.
fn open_units(a: vec4<f32>) -> vec4<f32> {
  let e = exp(-abs(a));
  return select(e, vec4<f32>(1.0), a >= vec4<f32>()) / (1.0 + e);
}

// Which of a thread's units there are. Reads outside a buffer give some other element of it, which select drops.
fn present(thread: u32, hidden: u32) -> vec4<bool> {
  return vec4<u32>(thread, thread + 128u, thread + 256u, thread + 384u) < vec4<u32>(hidden);
}
