// Copies rows of weights for samplers, which read them as lib/weight-rows.wgsl says.
//
// Grid: x = chunks of eight weights of all rows, 64 a workgroup.
#include "lib/weight-rows.wgsl"

struct Params {
  first_workgroup: u32,
  rows: u32,
  length: u32, // of a row of `weights`
  chunks: u32, // of a row of `packed`
  start: u32, // chunk at which the first row begins
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>; // [rows, length]
@group(0) @binding(2) var<storage, read_write> packed: array<vec4<u32>>; // [.., chunks], one vector each of halves, else two

const threads = 64u;

@compute @workgroup_size(threads)
fn pack_rows(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = (workgroup.x + params.first_workgroup) * threads + thread;
  if (at >= params.rows * params.chunks) {
    return;
  }
  let row = at / params.chunks;
  let first = (at % params.chunks) * 8u;
  var own: array<f32, 8>;
  for (var k = 0u; k < 8u && first + k < params.length; k++) {
    own[k] = weights[row * params.length + first + k];
  }
  let low = vec4<f32>(own[0], own[1], own[2], own[3]);
  let high = vec4<f32>(own[4], own[5], own[6], own[7]);
  let to = params.start + at;
  if (halves == 1u) {
    packed[to] = vec4<u32>(pack2x16float(low.xy), pack2x16float(low.zw), pack2x16float(high.xy), pack2x16float(high.zw));
  } else {
    packed[2u * to] = bitcast<vec4<u32>>(low);
    packed[2u * to + 1u] = bitcast<vec4<u32>>(high);
  }
}
