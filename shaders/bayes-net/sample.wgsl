// Ancestral sampling: x_i is on iff u_t < sigmoid(table_i[values of the parents of i] / temperature), i being pixel t of the order, or is given.
// Reference: openCpu in src/models/bayes-net/cpu.ts.
// Grid: x = ceil(images / 64), one thread an image. Decides places `first_place` to `end_place` - 1 of the order; what is decided carries over.
#include "lib/rng.wgsl"
#include "lib/math.wgsl"
#include "lib/given.wgsl"
#include "bayes-net/lib/tables.wgsl"

struct Params {
  pixels: u32,
  words_per_image: u32,
  images: u32,
  first_place: u32,
  end_place: u32,
  seed: u32,
  key: u32,
  temperature: f32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(4) var<storage, read> logit: array<f32>; // [entries]
@group(0) @binding(5) var<storage, read> pixel_order: array<u32>; // [pixels], parents before children
@group(0) @binding(6) var<storage, read> indices: array<u32>; // [images], number of each image
@group(0) @binding(7) var<storage, read_write> images: array<u32>; // [images, words_per_image]
@group(0) @binding(8) var<storage, read> given: array<u32>; // [words_per_image, 2]

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
  if (params.first_place == 0u) {
    for (var word = 0u; word < params.words_per_image; word++) {
      images[base + word] = 0u;
    }
  }
  for (var place = params.first_place; place < params.end_place; place++) {
    let pixel = pixel_order[place];
    let u = uniform_of(random_word(params.seed, params.key, indices[image], place));
    if (logit[entry_of(base, pixel)] > or_given(params.temperature * logit_of(u), pixel)) {
      images[base + (pixel >> 5u)] |= 1u << (pixel & 31u);
    }
  }
}
