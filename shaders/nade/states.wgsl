// The sums a of the hidden units before every word of 32 pixels: a = c + sum of W_j over the on-pixels j before it.
// Reference: logits in src/models/nade/reference.ts.
//
// Grid: x = images * ceil(hidden / 64) workgroups of 64 threads, a thread for each hidden unit of an image.
#include "nade/lib/shape.wgsl"

@group(0) @binding(2) var<storage, read> hidden_bias: array<f32>; // [hidden]
@group(0) @binding(3) var<storage, read> input: array<f32>; // [pixels, hidden]
@group(0) @binding(4) var<storage, read_write> states: array<f32>; // [images, words_per_image, hidden]

const threads = 64u;

@compute @workgroup_size(threads)
fn walk(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tiles = (params.hidden + threads - 1u) / threads;
  let at = workgroup.x + params.first_workgroup;
  let image = at / tiles;
  let unit = (at % tiles) * threads + thread;
  if (unit >= params.hidden) {
    return;
  }
  var a = hidden_bias[unit];
  for (var word = 0u; word < params.words_per_image; word++) {
    states[state_row(image, word) + unit] = a;
    for (var on = word_of(image, word); on != 0u; on &= on - 1u) {
      a += input[(word * 32u + countTrailingZeros(on)) * params.hidden + unit];
    }
  }
}
