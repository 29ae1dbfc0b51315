// The first layer of either net: position_i + sum over the on-pixels j before i of absolute_j + sum over those in the window of the relative
// row of their offset, bounded. 64 channels of an active pixel, 128 of a quiet one.
// Reference: first in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = ceil(positions * quads / 256) workgroups of 64 threads, 16 or 32 a row; a workgroup takes 16 or 8 rows.
#include "sparse-pixelcnn/lib/net.wgsl"
#include "sparse-pixelcnn/lib/rows.wgsl"
#include "sparse-pixelcnn/lib/positions.wgsl"
#include "sparse-pixelcnn/lib/bits.wgsl"
#include "sparse-pixelcnn/lib/states.wgsl"

@group(0) @binding(3) var<storage, read> images: array<u32>; // [batch, words_per_image]
@group(0) @binding(4) var<storage, read> states: array<vec4<f32>>; // as lib/states.wgsl says
@group(0) @binding(5) var<storage, read> relative: array<vec4<f32>>; // [220, quads]
@group(0) @binding(6) var<storage, read> absolute: array<vec4<f32>>; // [pixels, quads]
@group(0) @binding(7) var<storage, read> position: array<vec4<f32>>; // [pixels, quads]
@group(0) @binding(8) var<storage, read_write> out: array<vec4<f32>>; // [.., rows, quads]

const threads = 64u;
const each = 4u;
const reach = 10u;

fn sum_at(here: u32, quads: u32, quad: u32) -> vec4<f32> {
  let own = here / pixel_count();
  let image = params.first_image + own;
  let pixel = here % pixel_count();
  let word = pixel >> 5u;
  var sum = position[pixel * quads + quad] + states[state_of(own, word, quad, params.quiet == 1u)];
  let earlier = (1u << (pixel & 31u)) - 1u;
  for (var on = images[image * params.words_per_image + word] & earlier; on != 0u; on &= on - 1u) {
    sum += absolute[(word * 32u + countTrailingZeros(on)) * quads + quad];
  }
  for (var k = 0u; k <= reach; k++) {
    var on = bits_before(image, pixel / params.width, pixel % params.width, reach, k);
    for (; on != 0u; on &= on - 1u) {
      sum += relative[(k * (2u * reach + 1u) + countTrailingZeros(on)) * quads + quad];
    }
  }
  return bounded(sum);
}

@compute @workgroup_size(threads)
fn look(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let quads = select(16u, 32u, params.quiet == 1u);
  let first = (workgroup.x + params.first_workgroup) * threads * each + thread;
  let end = row_count() * quads;
  for (var k = 0u; k < each; k++) {
    let at = first + k * threads;
    if (at < end) {
      out[at] = sum_at(position_of(at / quads), quads, at % quads);
    }
  }
}
