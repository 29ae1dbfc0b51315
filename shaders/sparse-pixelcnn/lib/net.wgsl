// What all kernels over rows share. The pixels of a piece of the batch are sorted into rows: first those of active pixels, then those of
// quiet ones, each by image and in raster order. A buffer of features has room for a row of every pixel of the piece, whichever net
// it belongs to; how many there are stays on the device. Layout of the tensors: src/models/sparse-pixelcnn/layout.ts.

struct Params {
  width: u32,
  height: u32,
  words_per_image: u32,
  images: u32, // of this piece
  first_image: u32, // of this piece in the batch
  batch: u32, // images of all pieces
  first_out: u32, // image of `out` that the first of this piece is
  blocks: u32,
  block: u32, // blocks behind the features that a dispatch begins or ends with
  kept: u32, // 1 where the features of all blocks are kept for backpropagation, else 0
  quiet: u32, // 1 where a kernel of both nets works on quiet pixels, else 0
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

// LIMIT and EPSILON of src/models/sparse-pixelcnn/layout.ts.
const bound = 1048576.0;
const epsilon = 0.001;

fn pixel_count() -> u32 {
  return params.width * params.height;
}

// Pixels of the piece, and rows that a set of features has room for.
fn capacity() -> u32 {
  return params.images * pixel_count();
}

fn bounded(f: vec4<f32>) -> vec4<f32> {
  return clamp(f, vec4<f32>(-bound), vec4<f32>(bound));
}

// The derivative is 0 where `bounded` clamps.
fn within(d: vec4<f32>, f: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(), d, abs(f) < vec4<f32>(bound));
}

// d where f, bounded and then rectified, lets it through.
fn rectified_back(d: vec4<f32>, f: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(), d, (f > vec4<f32>()) & (f < vec4<f32>(bound)));
}

fn elu(f: vec4<f32>) -> vec4<f32> {
  return select(exp(min(f, vec4<f32>())) - 1.0, f, f > vec4<f32>());
}

// The derivative of elu where it gives f.
fn elu_slope(f: vec4<f32>) -> vec4<f32> {
  return min(f + 1.0, vec4<f32>(1.0));
}

// Numbers of sets of features. Those before block b, [rows, 64]:
fn stream_set(b: u32) -> u32 {
  return select(0u, b, params.kept == 1u);
}

// Behind the first layer of block b, [rows, 32]; the block after it writes its own while this one is read.
fn hidden_set(b: u32) -> u32 {
  return select(b & 1u, b, params.kept == 1u);
}

// Behind the taps of block b, [rows, 32], in the same buffer.
fn mixed_set(b: u32) -> u32 {
  return select(2u, params.blocks + b, params.kept == 1u);
}
