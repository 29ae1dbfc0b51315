// Rows of W and V as samplers read them. The including kernel declares `params` with `chunks`, the eights of a row, and binds
// `input` and `output`, array<vec4<u32>>, [pixels, chunks]. Units beyond the last have weights of 0.
#include "lib/weight-rows.wgsl"

// Units 4 `four` to 4 `four` + 3 of row W of one pixel.
fn input_four(pixel: u32, four: u32) -> vec4<f32> {
  if (halves == 1u) {
    return four_halves(input[pixel * params.chunks + (four >> 1u)], four);
  }
  return bitcast<vec4<f32>>(input[2u * pixel * params.chunks + four]);
}

// Units 8 `chunk` to 8 `chunk` + 7 of row V of one pixel.
fn output_eight(pixel: u32, chunk: u32) -> Eight {
  let at = pixel * params.chunks + chunk;
  if (halves == 1u) {
    return eight_halves(output[at]);
  }
  return Eight(bitcast<vec4<f32>>(output[2u * at]), bitcast<vec4<f32>>(output[2u * at + 1u]));
}

// sigmoid(a).
fn opened(a: vec4<f32>) -> vec4<f32> {
  let e = exp(-abs(a));
  return select(e, vec4<f32>(1.0), a >= vec4<f32>()) / (1.0 + e);
}
