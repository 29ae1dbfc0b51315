// Ancestral sampling: x_i is on iff u_i < sigmoid(table[what the places before i show] / temperature), or is given.
// Reference: openCpu in src/models/texture/cpu.ts.
// Grid: x = ceil(images / 64), one thread an image. Decides pixels `first_pixel` to `end_pixel` - 1; what is decided carries over.
#include "lib/rng.wgsl"
#include "lib/math.wgsl"
#include "lib/given.wgsl"
#include "lib/given.wgsl"
#include "texture/lib/context.wgsl"

struct Params {
  width: u32,
  pixels: u32,
  words_per_image: u32,
  k: u32,
  images: u32,
  first_pixel: u32,
  end_pixel: u32,
  seed: u32,
  key: u32,
  temperature: f32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> logit: array<f32>; // [2^k]
@group(0) @binding(3) var<storage, read> indices: array<u32>; // [images], number of each image
@group(0) @binding(4) var<storage, read_write> images: array<u32>; // [images, words_per_image]
@group(0) @binding(5) var<storage, read> given: array<u32>; // [words_per_image, 2]

const threads = 64u;

fn word_at(at: u32) -> u32 {
  return images[at];
}

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = (workgroup.x + params.first_workgroup) * threads + thread;
  if (image >= params.images) {
    return;
  }
  let base = image * params.words_per_image;
  if (params.first_pixel == 0u) {
    for (var word = 0u; word < params.words_per_image; word++) {
      images[base + word] = 0u;
    }
  }
  for (var pixel = params.first_pixel; pixel < params.end_pixel; pixel++) {
    let u = uniform_of(random_word(params.seed, params.key, indices[image], pixel));
    if (logit[entry_of(base, pixel)] > or_given(params.temperature * logit_of(u), pixel)) {
      images[base + (pixel >> 5u)] |= 1u << (pixel & 31u);
    }
  }
}
