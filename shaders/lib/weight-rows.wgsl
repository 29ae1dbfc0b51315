// Weights as samplers read them: rows padded with zeros to whole chunks of eight, two weights a word where all of
// them are halves. ops/pack-rows.wgsl writes them. A device may read a half below 2^-14 in size as 0.

override halves: u32 = 0u; // 1 where two weights share a word

struct Eight {
  low: vec4<f32>,
  high: vec4<f32>,
}

// Of one vector.
fn eight_halves(v: vec4<u32>) -> Eight {
  let low = vec4<f32>(unpack2x16float(v.x), unpack2x16float(v.y));
  return Eight(low, vec4<f32>(unpack2x16float(v.z), unpack2x16float(v.w)));
}

// Number `four` of a row of halves, of which `v` holds it and a neighbour.
fn four_halves(v: vec4<u32>, four: u32) -> vec4<f32> {
  let two = select(v.xy, v.zw, (four & 1u) == 1u);
  return vec4<f32>(unpack2x16float(two.x), unpack2x16float(two.y));
}
