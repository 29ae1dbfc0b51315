// Adds to every state, 2 * (entry of the table) + (the pixel itself), how many pixels showed it, and to the total how many images
// there were. State 0, off among off, is not counted: it is four pixels in five of a digit, whose atomic additions would be serialised.
// Integers, so that the order of the atomic additions does not matter.
// Reference: cpuCounter in src/models/texture/cpu.ts. Grid: x = ceil(images * pixels / 256).
#include "texture/lib/context.wgsl"

struct Params {
  width: u32,
  pixels: u32,
  words_per_image: u32,
  k: u32,
  images: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(3) var<storage, read_write> counts: array<atomic<u32>>; // [2 * 2^k]
@group(0) @binding(4) var<storage, read_write> total: array<u32>; // [1]

const threads = 256u;

fn word_at(at: u32) -> u32 {
  return images[at];
}

@compute @workgroup_size(threads)
fn count(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = (workgroup.x + params.first_workgroup) * threads + thread;
  if (slot == 0u) {
    total[0] += params.images;
  }
  let image = slot / params.pixels;
  if (image >= params.images) {
    return;
  }
  let base = image * params.words_per_image;
  let pixel = slot % params.pixels;
  let state = 2u * entry_of(base, pixel) + select(0u, 1u, is_on(base, pixel));
  if (state != 0u) {
    atomicAdd(&counts[state], 1u);
  }
}
