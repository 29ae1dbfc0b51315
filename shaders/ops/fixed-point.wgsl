// One iteration of Jacobi's method for the fixed point of ancestral sampling: every pixel from place `settled` of its image on becomes
// [u < sigmoid(logit / temperature)], the logits being those of the image before. An image's next `settled` is the place
// after the first that changed: all before agree with their own conditionals, and that one was just set by right ones.
// Reference: src/engine/backends/sampling/fixed-point.ts.
//
// Grid: x = rows * ceil(pixels / 128) workgroups of 128 threads, one thread a pixel, `rows` being at least the unfinished images.
#include "lib/sampling.wgsl"

struct Params {
  #include "lib/sampling-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>; // [rows, pixels], of the unfinished images
@group(0) @binding(2) var<storage, read> places: array<u32>; // [pixels], place of every pixel in the order
@group(0) @binding(3) var<storage, read> indices: array<u32>; // [images], number of each image
@group(0) @binding(4) var<storage, read> unfinished: array<u32>; // [1 + images]: how many, then which
@group(0) @binding(5) var<storage, read> settled: array<u32>; // [images]
@group(0) @binding(6) var<storage, read_write> changed: array<atomic<u32>>; // [images], `pixels` at first
@group(0) @binding(7) var<storage, read_write> images: array<u32>; // [images, words_per_image]

const threads = 128u;

var<workgroup> words: array<atomic<u32>, 4>;

@compute @workgroup_size(threads)
fn fixed_point(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tiles = (params.pixels + threads - 1u) / threads;
  let row = (workgroup.x + params.first_workgroup) / tiles;
  let tile = (workgroup.x + params.first_workgroup) % tiles;
  if (row >= unfinished[0]) {
    return;
  }
  let image = unfinished[1u + row];
  let pixel = tile * threads + thread;
  let word = image * params.words_per_image + (pixel >> 5u);
  if (pixel < params.pixels) {
    let place = places[pixel];
    let before = ((images[word] >> (pixel & 31u)) & 1u) == 1u;
    var on = before;
    if (place >= settled[image]) {
      on = logits[row * params.pixels + pixel] > threshold_of(indices[image], place);
    }
    if (on != before) {
      atomicMin(&changed[image], place + 1u);
    }
    if (on) {
      atomicOr(&words[thread >> 5u], 1u << (pixel & 31u));
    }
  }
  workgroupBarrier();
  if (pixel < params.pixels && (pixel & 31u) == 0u) {
    images[word] = atomicLoad(&words[thread >> 5u]);
  }
}
