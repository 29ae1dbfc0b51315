// Hidden units of a workgroup of 128 threads: four a thread, 128 apart, so that neighbours in memory belong to neighbouring
// threads. 512 in all, more than the family allows. The including kernel declares `params` with `hidden`, `input` and `output`.

const threads = 128u;

// The sigmoid of lib/math.wgsl for the four units of a thread.
fn open_units(a: vec4<f32>) -> vec4<f32> {
  let e = exp(-abs(a));
  return select(e, vec4<f32>(1.0), a >= vec4<f32>()) / (1.0 + e);
}

// Which of a thread's units there are. Reads outside a buffer give some other element of it, which select drops.
fn present(thread: u32, hidden: u32) -> vec4<bool> {
  return vec4<u32>(thread, thread + 128u, thread + 256u, thread + 384u) < vec4<u32>(hidden);
}

// The thread's four of row V of one pixel.
fn output_of(pixel: u32, thread: u32) -> vec4<f32> {
  let at = pixel * params.hidden + thread;
  let row = vec4<f32>(output[at], output[at + 128u], output[at + 256u], output[at + 384u]);
  return select(vec4<f32>(), row, present(thread, params.hidden));
}

// The thread's four of row W of one pixel.
fn input_of(pixel: u32, thread: u32) -> vec4<f32> {
  let at = pixel * params.hidden + thread;
  let row = vec4<f32>(input[at], input[at + 128u], input[at + 256u], input[at + 384u]);
  return select(vec4<f32>(), row, present(thread, params.hidden));
}
