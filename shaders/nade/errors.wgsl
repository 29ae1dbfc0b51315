// What every word adds to the derivative of -log p by the sums a of the hidden units (nade/back.wgsl), summed from the last word back: the
// derivative by the sums before a word is what this and all later words add.
// Reference: gradient in src/models/nade/reference.ts.
//
// Grid: x = images * ceil(hidden / 64) workgroups of 64 threads, a thread for each hidden unit of an image.
#include "nade/lib/shape.wgsl"

@group(0) @binding(2) var<storage, read_write> errors: array<f32>; // [images, words_per_image, hidden]

const threads = 64u;

@compute @workgroup_size(threads)
fn add_later(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tiles = (params.hidden + threads - 1u) / threads;
  let at = workgroup.x + params.first_workgroup;
  let unit = at % tiles * threads + thread;
  if (unit >= params.hidden) {
    return;
  }
  var error = 0.0;
  for (var word = params.words_per_image; word > 0u; word--) {
    let row = state_row(at / tiles, word - 1u) + unit;
    error += errors[row];
    errors[row] = error;
  }
}
