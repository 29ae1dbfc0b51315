  // Fields of the Params of every sampler, included inside the struct: a dispatch decides places `first` to `end` - 1 of the order
  // of the pixels, or does iterations `first` to `end` - 1.
  #include "lib/batch-params.wgsl"
  first: u32,
  end: u32,
  seed: u32,
  key: u32,
  temperature: f32,
