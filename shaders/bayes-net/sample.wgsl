// Ancestral sampling: x_i is on iff u_t < sigmoid(table_i[values of the parents of i] / temperature), i being pixel t of the order, or is given.
// Reference: openCpu in src/models/bayes-net/cpu.ts.
// Grid: x = ceil(images / 64), one thread an image. Decides places `first` to `end` - 1 of the order; what is decided carries over.
#include "lib/sampling.wgsl"
#include "lib/given.wgsl"
#include "bayes-net/lib/tables.wgsl"

struct Params {
  #include "lib/sampling-params.wgsl"
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
  for (var place = params.first; place < params.end; place++) {
    let pixel = pixel_order[place];
    if (logit[entry_of(base, pixel)] > or_given(threshold_of(indices[image], place), pixel)) {
      turn_on(image, pixel);
    }
  }
}
