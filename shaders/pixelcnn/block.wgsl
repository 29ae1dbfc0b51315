// One residual block: h' = bounded(h + U relu(M relu(D relu(h)))), from `source` to `destination` of the stream.
// Reference: pass in src/models/pixelcnn/reference.ts. Grid and inputs: pixelcnn/lib/bottleneck.wgsl.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/bottleneck.wgsl"

@group(0) @binding(4) var<storage, read_write> stream: array<vec4<f32>>; // [.., images, positions, 8]

fn add_half(before: u32, behind: u32, sum: Four) {
  stream[behind] = bounded(stream[before] + sum.a);
  stream[behind + 1u] = bounded(stream[before + 1u] + sum.b);
  stream[behind + 2u] = bounded(stream[before + 2u] + sum.c);
  stream[behind + 3u] = bounded(stream[before + 3u] + sum.d);
}

@compute @workgroup_size(threads)
fn add_block(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  load_weights(thread);
  workgroupBarrier();
  fill_hidden(place_of(workgroup.x + params.first_workgroup, 0u), thread);
  workgroupBarrier();
  let place = place_of(workgroup.x + params.first_workgroup, thread);
  if (!is_inside(place.row, place.column)) {
    return;
  }
  let m = middle_of(thread);
  let at = (place.image * positions() + place.row * params.width + place.column) * 8u;
  for (var half = 0u; half < 2u; half++) {
    add_half(params.source + at + 4u * half, params.destination + at + 4u * half, up_of(m, half));
  }
}
