// Ancestral sampling: x_i is on iff u_i < sigmoid(logit of its column / temperature). Reference: reference in src/models/column/reference.ts.
// Grid: x = ceil(images / 64), one thread an image. Decides pixels `first_pixel` to `end_pixel` - 1.
#include "lib/rng.wgsl"
#include "lib/math.wgsl"

struct Params {
  pixels: u32,
  width: u32,
  words_per_image: u32,
  images: u32,
  first_pixel: u32,
  end_pixel: u32,
  seed: u32,
  key: u32,
  temperature: f32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logit: array<f32>; // [width]
@group(0) @binding(2) var<storage, read> indices: array<u32>; // [images]
@group(0) @binding(3) var<storage, read_write> images: array<u32>; // [images, words_per_image]

const threads = 64u;

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = (workgroup.x + params.first_workgroup) * threads + thread;
  if (image >= params.images) {
    return;
  }
  for (var i = params.first_pixel; i < params.end_pixel; i++) {
    let u = uniform_of(random_word(params.seed, params.key, indices[image], i));
    if (logit[i % params.width] > params.temperature * logit_of(u)) {
      images[image * params.words_per_image + (i >> 5u)] |= 1u << (i & 31u);
    }
  }
}
