// Lays images out as bit-planes: bit m & 31 of word m >> 5 of plane i is pixel i of image m, 0 beyond the last image.
// Reference: layOut in src/models/bayes-net/pairs.ts.
// Grid: x = ceil(images / 256), y = words_per_image; a workgroup turns one word of 256 images into 8 words of 32 pixels.

struct Params {
  plane_words: u32,
  #include "lib/batch-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read_write> planes: array<u32>; // [pixels, plane_words]

const threads = 256u;
// Words of a plane that a workgroup writes.
const groups = 8u;
// One more than 32, so that threads of neighbouring groups read from different banks.
const stride = 33u;

var<workgroup> loaded: array<u32, 264>;

@compute @workgroup_size(threads)
fn lay_out(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let block = workgroup.x + params.first_workgroup;
  let image = block * threads + thread;
  var word = 0u;
  if (image < params.images) {
    word = images[image * params.words_per_image + workgroup.y];
  }
  loaded[(thread >> 5u) * stride + (thread & 31u)] = word;
  workgroupBarrier();
  let bit = thread / groups;
  let group = thread % groups;
  var plane = 0u;
  for (var m = 0u; m < 32u; m++) {
    plane |= ((loaded[group * stride + m] >> bit) & 1u) << m;
  }
  let pixel = workgroup.y * 32u + bit;
  if (pixel < params.pixels) {
    planes[pixel * params.plane_words + block * groups + group] = plane;
  }
}
