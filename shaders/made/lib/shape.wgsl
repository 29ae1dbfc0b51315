// Sizes that the kernels share, and how they number images: image m of this run in order o is row o * images + m of every
// buffer that has a row for each order.

struct Params {
  hidden: u32,
  orders: u32,
  direct: u32, // 1 where pixels are also seen directly, without a hidden unit between
  first_image: u32, // of this run, whose images are `images`, in the buffers of the call
  all_images: u32, // of the call
  order: u32, // of kernels that do one order at a time
  #include "lib/batch-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
