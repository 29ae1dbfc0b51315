// One residual block: h' = bounded(h + U relu(M relu(D relu(h)))), from `source` to `destination` of the stream. The way down,
// relu(D relu(h)), is there already: the kernel that wrote h went on to it, as this one does for the next block. So only the 3x3
// convolution M reads what other threads wrote, and every feature is read once. Reference: pass in src/models/pixelcnn/reference.ts.
//
// Grid: x = ceil(images * stacks of an image / 64) workgroups of 64 threads, one a stack.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/stacks.wgsl"
#include "pixelcnn/lib/stream.wgsl"
#include "pixelcnn/lib/down.wgsl"

@group(0) @binding(1) var<storage, read> middle: array<vec4<f32>>; // [blocks, 145, 4]
@group(0) @binding(3) var<storage, read> up: array<vec4<f32>>; // [blocks, 17, 8]

fn middle_rows(at: u32) -> mat4x4<f32> {
  return mat4x4<f32>(middle[at], middle[at + 4u], middle[at + 8u], middle[at + 12u]);
}

fn up_rows(at: u32) -> mat4x4<f32> {
  return mat4x4<f32>(up[at], up[at + 8u], up[at + 16u], up[at + 24u]);
}

// sum += what 4 inputs say by one tap, whose weights begin at `row`
fn add_tap(sum: ptr<function, Sixteen>, x: mat4x4<f32>, row: u32) {
  (*sum).a += middle_rows(row) * x;
  (*sum).b += middle_rows(row + 1u) * x;
  (*sum).c += middle_rows(row + 2u) * x;
  (*sum).d += middle_rows(row + 3u) * x;
}

// M, before its relu. Taps: three above, one to the left, the position itself.
fn mix(place: Place) -> Sixteen {
  let weights = params.block * 580u;
  let biases = weights + 576u;
  var sum = Sixteen(
    everywhere(middle[biases]),
    everywhere(middle[biases + 1u]),
    everywhere(middle[biases + 2u]),
    everywhere(middle[biases + 3u]),
  );
  for (var k = 0u; k < 4u; k++) {
    let row = weights + k * 16u;
    let own = (params.hidden + k) * params.plane + place.at;
    let above = own - pitch();
    let last = own + 3u * pitch();
    let left = inside_at(above - 1u);
    add_tap(&sum, left, row);
    add_tap(&sum, further_down(left, inside[last - 1u]), row + 192u);
    let here = inside_at(above);
    add_tap(&sum, here, row + 64u);
    add_tap(&sum, further_down(here, inside[last]), row + 256u);
    add_tap(&sum, inside_at(above + 1u), row + 128u);
  }
  return sum;
}

@compute @workgroup_size(threads)
fn add_block(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of_thread(workgroup.x, thread);
  if (place.image >= params.images) {
    return;
  }
  let mixed = relu_all(mix(place));
  if (params.keeps_mixed == 1u) {
    write_sixteen(params.hidden + 4u, place, mixed);
  }
  for (var k = 0u; k < 8u; k++) {
    let row = params.block * 136u + k;
    let at = k * params.plane + place.at;
    var sum = everywhere(up[row + 128u]);
    sum += up_rows(row) * mixed.a;
    sum += up_rows(row + 32u) * mixed.b;
    sum += up_rows(row + 64u) * mixed.c;
    sum += up_rows(row + 96u) * mixed.d;
    let before = stream_at(params.source * params.plane + at);
    write_stream(params.destination * params.plane + at, place.rows, bounded_each(before + sum));
  }
  if (params.block + 1u < params.blocks) {
    go_down(params.block + 1u, place);
  }
}
