// Counter-based random numbers: threefry2x32, 20 rounds (Salmon et al. 2011). The same words as src/data/rng.ts:
// a word is a function of (seed, stream key, index, position), two positions a block.

fn mix(pair: vec2<u32>, bits: u32) -> vec2<u32> {
  let a = pair.x + pair.y;
  return vec2<u32>(a, ((pair.y << bits) | (pair.y >> (32u - bits))) ^ a);
}

fn threefry2x32(key: vec2<u32>, counter: vec2<u32>) -> vec2<u32> {
  let key_2 = key.x ^ key.y ^ 0x1bd11bdau;
  var s = counter + key;
  s = mix(mix(mix(mix(s, 13u), 15u), 26u), 6u) + vec2<u32>(key.y, key_2 + 1u);
  s = mix(mix(mix(mix(s, 17u), 29u), 16u), 24u) + vec2<u32>(key_2, key.x + 2u);
  s = mix(mix(mix(mix(s, 13u), 15u), 26u), 6u) + vec2<u32>(key.x, key.y + 3u);
  s = mix(mix(mix(mix(s, 17u), 29u), 16u), 24u) + vec2<u32>(key.y, key_2 + 4u);
  s = mix(mix(mix(mix(s, 13u), 15u), 26u), 6u) + vec2<u32>(key_2, key.x + 5u);
  return s;
}

fn random_word(seed: u32, key: u32, index: u32, position: u32) -> u32 {
  let pair = threefry2x32(vec2<u32>(seed, key), vec2<u32>(index, position >> 1u));
  return select(pair.x, pair.y, (position & 1u) == 1u);
}

// In (0, 1), exact in f32: the middle of one of 2^23 cells.
fn uniform_of(word: u32) -> f32 {
  return (f32(word >> 9u) + 0.5) * 1.1920928955078125e-7;
}
