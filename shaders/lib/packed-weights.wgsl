// Single weights out of `weights`, array<u32>, which the including kernel binds: tensors packed as lib/weight-rows.wgsl says.
#include "lib/weight-rows.wgsl"

fn weight(at: u32) -> f32 {
  if (halves == 1u) {
    let two = unpack2x16float(weights[at >> 1u]);
    return select(two.x, two.y, (at & 1u) == 1u);
  }
  return bitcast<f32>(weights[at]);
}

// Four from an even place on.
fn weights_at(at: u32) -> vec4<f32> {
  if (halves == 1u) {
    return vec4<f32>(unpack2x16float(weights[at >> 1u]), unpack2x16float(weights[(at >> 1u) + 1u]));
  }
  return vec4<f32>(weight(at), weight(at + 1u), weight(at + 2u), weight(at + 3u));
}
