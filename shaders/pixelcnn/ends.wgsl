// The tensors before and behind the blocks in one, ends = [first, last, logit]: the sampler binds no more than eight.
// Grid: x = ceil(2689 / 64) workgroups of 64 threads, one a number.

struct Params {
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> first: array<f32>; // [50, 32]
@group(0) @binding(2) var<storage, read> last: array<f32>; // [33, 32]
@group(0) @binding(3) var<storage, read> logit: array<f32>; // [33]
@group(0) @binding(4) var<storage, read_write> ends: array<f32>; // [2689]

const threads = 64u;
const count = 2689u;

@compute @workgroup_size(threads)
fn join(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = (workgroup.x + params.first_workgroup) * threads + thread;
  if (at < 1600u) {
    ends[at] = first[at];
  } else if (at < 2656u) {
    ends[at] = last[at - 1600u];
  } else if (at < count) {
    ends[at] = logit[at - 2656u];
  }
}
