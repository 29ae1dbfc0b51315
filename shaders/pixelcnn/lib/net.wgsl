// Shapes that all kernels of the family share. Features are channel last: 32 of the residual stream are 8 vectors of 4 a
// position, 16 inside a block are 4. Tensors have a row for every tap and input, and the biases as their last row.
// Layout: src/models/pixelcnn/layout.ts.

struct Params {
  width: u32,
  height: u32,
  words_per_image: u32,
  images: u32, // of this piece
  first_image: u32, // of this piece in the batch
  batch: u32, // images of all pieces
  blocks: u32,
  block: u32,
  source: u32, // where a block's input begins in `stream`, in vectors
  destination: u32, // where its output begins
  d_source: u32, // the same in `d`, in backpropagation
  d_destination: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

// LIMIT of src/models/pixelcnn/layout.ts.
const bound = 1048576.0;

fn bounded(f: vec4<f32>) -> vec4<f32> {
  return clamp(f, vec4<f32>(-bound), vec4<f32>(bound));
}

// The derivative is 0 where `bounded` clamps.
fn within(d: vec4<f32>, f: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(), d, abs(f) < vec4<f32>(bound));
}

fn relu(f: vec4<f32>) -> vec4<f32> {
  return max(f, vec4<f32>());
}

// d where the relu of f lets it through.
fn passed(d: vec4<f32>, f: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(), d, f > vec4<f32>());
}

fn positions() -> u32 {
  return params.width * params.height;
}
