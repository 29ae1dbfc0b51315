// Sizes that the kernels share, and how they number images: image m of this run in order o is row o * images + m of every
// buffer that has a row for each order.

struct Params {
  pixels: u32,
  words_per_image: u32,
  hidden: u32,
  orders: u32,
  images: u32, // of this run
  first_image: u32, // of this run in the buffers of the call
  all_images: u32, // of the call
  order: u32, // of kernels that do one order at a time
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
