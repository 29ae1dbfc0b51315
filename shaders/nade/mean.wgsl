// Mean over images of the first `length` numbers of each: the gradients of the biases, out of delta and errors.
// Reference: gradient in src/models/nade/reference.ts. Later passes add to earlier ones.
//
// Grid: x = ceil(length / 64) workgroups of 64 threads, one a number.

struct Params {
  length: u32,
  stride: u32, // from one image to the next
  images: u32, // in this pass
  all_images: u32, // in all passes
  later: u32, // 0 in the first pass
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>; // [images, stride]
@group(0) @binding(2) var<storage, read_write> means: array<f32>; // [length]

const threads = 64u;

@compute @workgroup_size(threads)
fn mean(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = (workgroup.x + params.first_workgroup) * threads + thread;
  if (at >= params.length) {
    return;
  }
  var sum = 0.0;
  for (var image = 0u; image < params.images; image++) {
    sum += values[image * params.stride + at];
  }
  means[at] = select(0.0, means[at], params.later != 0u) + sum / f32(params.all_images);
}
