// Before sampling: every unit of a layer of every image holds its bias.
// Grid: x = ceil(images * hidden / 64), one thread a unit.

struct Params {
  images: u32,
  hidden: u32,
  first: u32, // of the layer in `state`
  stride: u32, // of `state`
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bias: array<f32>; // [hidden]
@group(0) @binding(2) var<storage, read_write> state: array<f32>; // [images, stride]: units by layer, thresholds by place, order

const threads = 64u;

@compute @workgroup_size(threads)
fn begin_units(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = (workgroup.x + params.first_workgroup) * threads + thread;
  if (slot < params.images * params.hidden) {
    let unit = slot % params.hidden;
    state[slot / params.hidden * params.stride + params.first + unit] = bias[unit];
  }
}
