// Backpropagation through a block from its 3x3 convolution's output to the positions it looked at, dH = sum over taps of
// M_t dM(position - t), to the block's input, d' = d + D dH, and through the way up of the block before it: the forward kernel
// run backwards, so that again only the convolution reads what other threads wrote.
// Reference: addGradient in src/models/pixelcnn/reference.ts.
//
// Grid: x = ceil(images * stacks of an image / 64) workgroups of 64 threads, one a stack.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/stacks.wgsl"
#include "pixelcnn/lib/up-back.wgsl"

@group(0) @binding(5) var<storage, read> down: array<vec4<f32>>; // [blocks, 33, 4]
@group(0) @binding(6) var<storage, read> middle: array<vec4<f32>>; // [blocks, 145, 4]
@group(0) @binding(7) var<storage, read> stream: array<vec4<f32>>; // [.., 8, plane]

fn down_rows(at: u32) -> mat4x4<f32> {
  return mat4x4<f32>(down[at], down[at + 4u], down[at + 8u], down[at + 12u]);
}

fn middle_rows(at: u32) -> mat4x4<f32> {
  return mat4x4<f32>(middle[at], middle[at + 4u], middle[at + 8u], middle[at + 12u]);
}

fn d_inside_at(at: u32) -> mat4x4<f32> {
  let p = pitch();
  return mat4x4<f32>(d_inside[at], d_inside[at + p], d_inside[at + 2u * p], d_inside[at + 3u * p]);
}

// sum += what 4 outputs say by one tap, whose weights begin at `row`
fn add_tap(sum: ptr<function, Sixteen>, x: mat4x4<f32>, row: u32) {
  (*sum).a += transpose(middle_rows(row)) * x;
  (*sum).b += transpose(middle_rows(row + 16u)) * x;
  (*sum).c += transpose(middle_rows(row + 32u)) * x;
  (*sum).d += transpose(middle_rows(row + 48u)) * x;
}

// dH before its relu. The positions that look here lie to the right of a tap's left, and below its above.
fn spread(place: Place) -> Sixteen {
  var sum = Sixteen();
  for (var k = 0u; k < 4u; k++) {
    let row = params.block * 580u + k;
    let own = (params.d_mixed + k) * params.plane + place.at;
    let last = own + 4u * pitch();
    let right = d_inside_at(own + 1u);
    add_tap(&sum, right, row + 192u);
    add_tap(&sum, further_down(right, d_inside[last + 1u]), row);
    let here = d_inside_at(own);
    add_tap(&sum, here, row + 256u);
    add_tap(&sum, further_down(here, d_inside[last]), row + 64u);
    add_tap(&sum, d_inside_at(own + pitch() - 1u), row + 128u);
  }
  return sum;
}

@compute @workgroup_size(threads)
fn go_back(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of_thread(workgroup.x, thread);
  if (place.image >= params.images) {
    return;
  }
  let p = params.plane;
  let sum = spread(place);
  let source = params.hidden * p + place.at;
  let e = Sixteen(
    passed_each(sum.a, inside_at(source)),
    passed_each(sum.b, inside_at(source + p)),
    passed_each(sum.c, inside_at(source + 2u * p)),
    passed_each(sum.d, inside_at(source + 3u * p)),
  );
  let into = 8u * p + place.at;
  write_d_inside(into, place.rows, e.a);
  write_d_inside(into + p, place.rows, e.b);
  write_d_inside(into + 2u * p, place.rows, e.c);
  write_d_inside(into + 3u * p, place.rows, e.d);
  for (var k = 0u; k < 8u; k++) {
    let row = params.block * 132u + k * 16u;
    var through = transpose(down_rows(row)) * e.a;
    through += transpose(down_rows(row + 1u)) * e.b;
    through += transpose(down_rows(row + 2u)) * e.c;
    through += transpose(down_rows(row + 3u)) * e.d;
    let at = k * p + place.at;
    for (var r = 0u; r < place.rows; r++) {
      let own = at + r * pitch();
      let f = stream[params.source * p + own];
      let behind = d[params.d_source * p + own];
      d[params.d_destination * p + own] = within(behind + passed(through[0], f), f);
      through = further_down(through, vec4<f32>());
    }
  }
  if (params.block > 0u) {
    go_back_up(params.block - 1u, place);
  }
}
