// gradient[k] = scale * (sum over chunks of sums[chunk, start + k]), in a fixed order, added to what is there where `add` is 1.
// What a mask leaves out is never summed and so exactly 0. Grid: x = ceil(count / 64) workgroups of 64 threads, one a number.

struct Params {
  count: u32,
  start: u32,
  parameters: u32,
  chunks: u32,
  add: u32, // 1 or 0
  scale: f32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sums: array<f32>; // [chunks, parameters]
@group(0) @binding(2) var<storage, read_write> gradient: array<f32>; // [count]

const threads = 64u;

@compute @workgroup_size(threads)
fn gather(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let k = (workgroup.x + params.first_workgroup) * threads + thread;
  if (k >= params.count) {
    return;
  }
  var sum = 0.0;
  for (var chunk = 0u; chunk < params.chunks; chunk++) {
    sum += sums[chunk * params.parameters + params.start + k];
  }
  gradient[k] = select(0.0, gradient[k], params.add == 1u) + params.scale * sum;
}
