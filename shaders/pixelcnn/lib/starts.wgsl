// Where tensors begin among the parameters, and the sums over a chunk of positions.

@group(0) @binding(9) var<storage, read_write> sums: array<f32>; // [chunks, parameters]

fn down_start() -> u32 {
  return 1600u + params.block * 528u;
}

fn middle_start() -> u32 {
  return 1600u + params.blocks * 528u + params.block * 2320u;
}

fn up_start() -> u32 {
  return 1600u + params.blocks * 2848u + params.block * 544u;
}

fn last_start() -> u32 {
  return 1600u + params.blocks * 3392u;
}

fn logit_start() -> u32 {
  return last_start() + 1056u;
}

fn parameters() -> u32 {
  return logit_start() + 33u;
}
