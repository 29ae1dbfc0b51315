// log p of an image's pixels in expectation over their targets, in one part for every 64 of them, and the derivative of its negative by
// the logits, sigmoid(z_i) - t_i, in their place. Without soft targets t is the image itself.
// Reference: logLikelihood and addGradient in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = images * ceil(pixels / 64) workgroups of 64 threads, one a pixel.
#include "lib/math.wgsl"
#include "lib/targets.wgsl"

struct Params {
  soft: u32, // 1 where the targets are to be read, else 0
  parts: u32,
  batch: u32, // images of all pieces
  #include "lib/batch-params.wgsl"
  first_image: u32, // of this piece in the batch
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [batch, words_per_image]
@group(0) @binding(2) var<storage, read> targets: array<u32>; // [batch, ceil(pixels / 4)], 4 pixels each
@group(0) @binding(3) var<storage, read_write> logits: array<f32>; // [images, pixels]
@group(0) @binding(4) var<storage, read_write> partial: array<f32>; // [parts, batch]

const threads = 64u;

var<workgroup> log_p: array<f32, 64>;

@compute @workgroup_size(threads)
fn judge(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = workgroup.x + params.first_workgroup;
  let own_image = at / params.parts;
  let image = params.first_image + own_image;
  let part = at % params.parts;
  let pixel = part * threads + thread;
  var nats = 0.0;
  if (pixel < params.pixels) {
    let own = own_image * params.pixels + pixel;
    let z = logits[own];
    let bit = (images[image * params.words_per_image + (pixel >> 5u)] >> (pixel & 31u)) & 1u;
    var ink = f32(bit);
    if (params.soft == 1u) {
      ink = target_of(image, pixel, params.pixels);
    }
    nats = expected_log_bernoulli(z, ink);
    logits[own] = sigmoid(z) - ink;
  }
  log_p[thread] = nats;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half = half / 2u) {
    if (thread < half) {
      log_p[thread] += log_p[thread + half];
    }
    workgroupBarrier();
  }
  if (thread == 0u) {
    partial[part * params.batch + image] = log_p[0];
  }
}
