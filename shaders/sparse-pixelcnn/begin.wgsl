// What both nets need of the pixels alone. The sums that are carried along an image, before every word of 32 pixels: sum of absolute_j over
// the on-pixels j before it. And which pixels are active: bit i of `masks` says whether an earlier pixel within radius 2 of pixel i is on.
// Reference: eachRow and isActive in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = ceil((images * 48 + images * words_per_image) / 64) workgroups of 64 threads, one for 4 channels of an image, 16 times of the deep
// net and 32 times of the other, and behind those one a word.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/bits.wgsl"
#include "sparse-pixelcnn/lib/states.wgsl"

@group(0) @binding(1) var<storage, read> images: array<u32>; // [batch, words_per_image]
@group(0) @binding(2) var<storage, read> absolute: array<vec4<f32>>; // [pixels, 16]
@group(0) @binding(3) var<storage, read> quiet_absolute: array<vec4<f32>>; // [pixels, 32]
@group(0) @binding(4) var<storage, read_write> states: array<vec4<f32>>; // as lib/states.wgsl says
@group(0) @binding(5) var<storage, read_write> masks: array<u32>; // [images, words_per_image]

const threads = 64u;
const quads_of_both = 48u;

fn absolute_of(pixel: u32, quad: u32) -> vec4<f32> {
  if (quad < 16u) {
    return absolute[pixel * 16u + quad];
  }
  return quiet_absolute[pixel * 32u + quad - 16u];
}

fn carry(image: u32, quad: u32) {
  let is_quiet = quad >= 16u;
  var sum = vec4<f32>();
  for (var word = 0u; word < params.words_per_image; word++) {
    states[state_of(image, word, select(quad, quad - 16u, is_quiet), is_quiet)] = sum;
    for (var on = images[(params.first_image + image) * params.words_per_image + word]; on != 0u; on &= on - 1u) {
      sum += absolute_of(word * 32u + countTrailingZeros(on), quad);
    }
  }
}

fn mask(word: u32) {
  let image = word / params.words_per_image;
  let first = (word % params.words_per_image) * 32u;
  var bits = 0u;
  for (var pixel = first; pixel < min(first + 32u, pixel_count()); pixel++) {
    if (is_active(params.first_image + image, pixel / params.width, pixel % params.width)) {
      bits |= 1u << (pixel - first);
    }
  }
  masks[word] = bits;
}

@compute @workgroup_size(threads)
fn begin(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = (workgroup.x + params.first_workgroup) * threads + thread;
  let carried = params.images * quads_of_both;
  if (at < carried) {
    carry(at / quads_of_both, at % quads_of_both);
  } else if (at < carried + params.images * params.words_per_image) {
    mask(at - carried);
  }
}
