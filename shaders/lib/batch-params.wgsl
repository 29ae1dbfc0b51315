  // Fields of the Params of kernels that work on a batch of images: included inside the struct.
  pixels: u32,
  words_per_image: u32,
  images: u32,
  first_workgroup: u32,
