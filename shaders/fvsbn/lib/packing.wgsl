// The strict triangle of weights in packed rows: row j holds w(j -> i) for i = j + 1 .. n - 1.

fn weight_row(input: u32, pixels: u32) -> u32 {
  // input (input - 1) is even, and 0 for input 0 whatever the wrap-around of input - 1.
  return input * (pixels - 1u) - input * (input - 1u) / 2u;
}

fn weight_index(input: u32, pixel: u32, pixels: u32) -> u32 {
  return weight_row(input, pixels) + pixel - input - 1u;
}
