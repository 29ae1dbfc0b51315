// Backpropagation through a block, second half: from the 3x3 convolution's output to the positions it looked at, dH = sum over
// taps of M_t dM(position - t), and on to the block's input, d' = d + D dH, each where its relu lets it through.
// Reference: addGradient in src/models/pixelcnn/reference.ts.
//
// Grid: x = images * ceil(positions / 64) workgroups of 64 threads, one a position.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/row-products.wgsl"

@group(0) @binding(1) var<storage, read> down: array<vec4<f32>>; // [blocks, 33, 4]
@group(0) @binding(2) var<storage, read> middle: array<vec4<f32>>; // [blocks, 145, 4]
@group(0) @binding(3) var<storage, read> stream: array<vec4<f32>>; // [.., images, positions, 8]
@group(0) @binding(4) var<storage, read> hidden: array<vec4<f32>>; // [images, positions, 4], after the relu
@group(0) @binding(5) var<storage, read> d_mixed: array<vec4<f32>>; // [images, positions, 4]
@group(0) @binding(6) var<storage, read_write> d_hidden: array<vec4<f32>>; // [images, positions, 4]
@group(0) @binding(7) var<storage, read_write> d: array<vec4<f32>>; // [2, images, positions, 8]

const threads = 64u;

const down_at = 320u;
var<workgroup> weight_tile: array<vec4<f32>, 448>; // middle [5 taps * 16, 4], down [32, 4]

@compute @workgroup_size(threads)
fn spread(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  for (var at = thread; at < down_at; at += threads) {
    weight_tile[at] = middle[params.block * 580u + at];
  }
  for (var at = thread; at < 128u; at += threads) {
    weight_tile[down_at + at] = down[params.block * 132u + at];
  }
  workgroupBarrier();
  let parts = (positions() + threads - 1u) / threads;
  let image = (workgroup.x + params.first_workgroup) / parts;
  let position = ((workgroup.x + params.first_workgroup) % parts) * threads + thread;
  if (position >= positions()) {
    return;
  }
  let own = image * positions() + position;
  for (var k = 0u; k < 4u; k++) {
    var sum = vec4<f32>();
    for (var tap = 0u; tap < 5u; tap++) {
      // The position that looks here by this tap. Unsigned numbers wrap around: left of the grid is not inside.
      let row = position / params.width + 1u - tap / 3u;
      let column = position % params.width + 1u - tap % 3u;
      if (row < params.height && column < params.width) {
        let at = (image * positions() + row * params.width + column) * 4u;
        let e = Four(d_mixed[at], d_mixed[at + 1u], d_mixed[at + 2u], d_mixed[at + 3u]);
        sum += dot_rows(e, tap * 64u + k * 16u, 4u);
      }
    }
    d_hidden[own * 4u + k] = passed(sum, hidden[own * 4u + k]);
  }
  let e = Four(d_hidden[own * 4u], d_hidden[own * 4u + 1u], d_hidden[own * 4u + 2u], d_hidden[own * 4u + 3u]);
  for (var k = 0u; k < 8u; k++) {
    let f = stream[params.source + own * 8u + k];
    let through = passed(dot_rows(e, down_at + k * 16u, 4u), f);
    d[params.d_destination + own * 8u + k] = within(d[params.d_source + own * 8u + k] + through, f);
  }
}
