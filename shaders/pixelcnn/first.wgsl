// The first layer: h_0 = bounded(b + sum over the taps of mask A that are on of w_t), 32 channels a position, and from there the
// way down into the first block. Reference: pass in src/models/pixelcnn/reference.ts.
//
// Grid: x = ceil(images * stacks of an image / 64) workgroups of 64 threads, one a stack.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/stacks.wgsl"
#include "pixelcnn/lib/pixels.wgsl"
#include "pixelcnn/lib/stream.wgsl"
#include "pixelcnn/lib/down.wgsl"

@group(0) @binding(3) var<storage, read> first: array<vec4<f32>>; // [50, 8]

// 4 channels at the positions that see a pixel that is on.
fn seen_by(ink: vec4<f32>, weights: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(ink.x * weights, ink.y * weights, ink.z * weights, ink.w * weights);
}

// 16 of the 32 channels: `half` 0 or 1.
fn look(place: Place, half: u32) -> Sixteen {
  let biases = 49u * 8u + half * 4u;
  var sum = Sixteen(
    everywhere(first[biases]),
    everywhere(first[biases + 1u]),
    everywhere(first[biases + 2u]),
    everywhere(first[biases + 3u]),
  );
  // The row that each position of the stack sees.
  var seen = vec4<u32>();
  for (var row = 0u; row < 7u; row++) {
    seen = vec4<u32>(seen.yzw, window(place.image, place.row + row - 3u, place.column));
    // The rows of the kernel begin when all 4 positions have theirs.
    if (row < 3u || all(seen == vec4<u32>())) {
      continue;
    }
    let taps = select(7u, 3u, row == 6u);
    for (var tap = 0u; tap < taps; tap++) {
      let ink = vec4<f32>((seen >> vec4<u32>(tap)) & vec4<u32>(1u));
      let at = ((row - 3u) * 7u + tap) * 8u + half * 4u;
      sum.a += seen_by(ink, first[at]);
      sum.b += seen_by(ink, first[at + 1u]);
      sum.c += seen_by(ink, first[at + 2u]);
      sum.d += seen_by(ink, first[at + 3u]);
    }
  }
  return sum;
}

@compute @workgroup_size(threads)
fn begin(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of_thread(workgroup.x, thread);
  if (place.image >= params.images) {
    return;
  }
  for (var half = 0u; half < 2u; half++) {
    let at = (params.destination + 4u * half) * params.plane + place.at;
    let sum = look(place, half);
    write_stream(at, place.rows, bounded_each(sum.a));
    write_stream(at + params.plane, place.rows, bounded_each(sum.b));
    write_stream(at + 2u * params.plane, place.rows, bounded_each(sum.c));
    write_stream(at + 3u * params.plane, place.rows, bounded_each(sum.d));
  }
  go_down(0u, place);
}
