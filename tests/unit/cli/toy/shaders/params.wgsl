struct Params {
  pixels: u32,
  width: u32,
  words_per_image: u32,
  images: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

const threads = 64u;
