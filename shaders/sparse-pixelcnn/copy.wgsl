// out[start + k] = values[k]: all tensors in one buffer, since a kernel may bind no more than eight.
// Grid: x = ceil(count / 64) workgroups of 64 threads, one a number.

struct Params {
  count: u32,
  start: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>; // [count]
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

const threads = 64u;

@compute @workgroup_size(threads)
fn copy(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = (workgroup.x + params.first_workgroup) * threads + thread;
  if (at < params.count) {
    out[params.start + at] = values[at];
  }
}
