// Shapes that all kernels of the family share. Tensors have a row for every tap and input, and the biases as their last row.
// Layout of the features: pixelcnn/lib/stacks.wgsl; of the tensors: src/models/pixelcnn/layout.ts.

struct Params {
  width: u32,
  height: u32,
  words_per_image: u32,
  images: u32, // of this piece
  first_image: u32, // of this piece in the batch
  batch: u32, // images of all pieces
  blocks: u32,
  block: u32,
  plane: u32, // vectors of a plane
  // Where sets of features begin, in planes:
  source: u32, // a block's input, in `stream`
  destination: u32, // its output
  hidden: u32, // the 16 channels behind its way down, in `inside`; behind them those of its convolution, `mixed`
  next_hidden: u32, // those of the block that is next, in the backward pass the one before
  keeps_mixed: u32, // 1 or 0
  d_source: u32, // derivatives by its output, in `d`
  d_destination: u32, // by its input
  d_mixed: u32, // by its convolution's output, in `d_inside`
  next_d_mixed: u32, // those of the block that is next
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
