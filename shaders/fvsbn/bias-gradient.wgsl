// Mean gradient of -log p by the biases: db_i = sum over images of delta_i / images.
// Reference: gradient in src/models/fvsbn/reference.ts. Grid: x = ceil(pixels / 64) workgroups, one thread a pixel.

struct Params {
  pixels: u32,
  images: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> delta: array<f32>; // [images, pixels]
@group(0) @binding(2) var<storage, read_write> gradient: array<f32>; // [pixels]

const threads = 64u;

@compute @workgroup_size(threads)
fn bias_gradient(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let pixel = (workgroup.x + params.first_workgroup) * threads + thread;
  if (pixel >= params.pixels) {
    return;
  }
  var sum = 0.0;
  for (var image = 0u; image < params.images; image++) {
    sum += delta[image * params.pixels + pixel];
  }
  gradient[pixel] = sum / f32(params.images);
}
