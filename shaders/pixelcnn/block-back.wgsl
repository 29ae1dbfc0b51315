// Backpropagation through a block, first half: its layers recomputed, and the derivative by the 3x3 convolution's output,
// dM = (U d) where its relu lets it through.
// Reference: addGradient in src/models/pixelcnn/reference.ts. Grid and inputs: pixelcnn/lib/bottleneck.wgsl.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/bottleneck.wgsl"

@group(0) @binding(4) var<storage, read> stream: array<vec4<f32>>; // [.., images, positions, 8]
@group(0) @binding(5) var<storage, read> d: array<vec4<f32>>; // [2, images, positions, 8]
@group(0) @binding(6) var<storage, read_write> hidden: array<vec4<f32>>; // [images, positions, 4], after the relu
@group(0) @binding(7) var<storage, read_write> mixed: array<vec4<f32>>; // [images, positions, 4], the convolution's, after the relu
@group(0) @binding(8) var<storage, read_write> d_mixed: array<vec4<f32>>; // [images, positions, 4]

fn up_back(low: Four, high: Four, row: u32) -> vec4<f32> {
  return dot_rows(low, up_at + row * 8u, 8u) + dot_rows(high, up_at + row * 8u + 4u, 8u);
}

@compute @workgroup_size(threads)
fn go_back(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  load_weights(thread);
  workgroupBarrier();
  fill_hidden(place_of(workgroup.x + params.first_workgroup, 0u), thread);
  workgroupBarrier();
  let place = place_of(workgroup.x + params.first_workgroup, thread);
  if (!is_inside(place.row, place.column)) {
    return;
  }
  let m = middle_of(thread);
  let own = place.image * positions() + place.row * params.width + place.column;
  let at = params.d_source + own * 8u;
  let low = Four(d[at], d[at + 1u], d[at + 2u], d[at + 3u]);
  let high = Four(d[at + 4u], d[at + 5u], d[at + 6u], d[at + 7u]);
  for (var k = 0u; k < 4u; k++) {
    hidden[own * 4u + k] = hidden_tile[k * rim_slots + slot_of(thread, 4u)];
  }
  mixed[own * 4u] = relu(m.a);
  mixed[own * 4u + 1u] = relu(m.b);
  mixed[own * 4u + 2u] = relu(m.c);
  mixed[own * 4u + 3u] = relu(m.d);
  for (var k = 0u; k < 4u; k++) {
    d_mixed[own * 4u + k] = passed(up_back(low, high, 4u * k), mixed[own * 4u + k]);
  }
}
