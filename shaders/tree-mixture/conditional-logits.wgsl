// The logit of p(x_i = 1 | x_<i) = sum_k p(k | x_<i) p(x_i = 1 | x_<i, k), as the difference of two logarithms of sums over components: of
// p(x_<i, x_i = 1, k) and of p(x_<i, x_i = 0, k). Reads what tree-logits.wgsl has written.
// Reference: logits in src/models/tree-mixture/reference.ts.
//
// Grid: x = ceil(images of this dispatch * pixels / 64) workgroups of 64 threads, one thread a pixel of an image.
#include "lib/math.wgsl"

struct Params {
  pixels: u32,
  components: u32,
  first_image: u32,
  slots: u32, // images of this dispatch * components
  unit: f32, // nats, a power of two
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<i32>; // [components], log pi_k
@group(0) @binding(2) var<storage, read> tree_logits: array<f32>; // [pixels, slots]
@group(0) @binding(3) var<storage, read> before: array<i32>; // [pixels, slots]
@group(0) @binding(4) var<storage, read_write> out: array<f32>; // [images, pixels]

const threads = 64u;

// The logarithm of a sum of exponentials that grows: most + log(sum).
struct LogSum {
  most: f32,
  sum: f32,
}

fn with_term(all: LogSum, nats: f32) -> LogSum {
  let most = max(all.most, nats);
  return LogSum(most, all.sum * exp(all.most - most) + exp(nats - most));
}

@compute @workgroup_size(threads)
fn conditional_logits(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let number = (workgroup.x + params.first_workgroup) * threads + thread;
  let image = number / params.pixels;
  let pixel = number % params.pixels;
  if (image * params.components >= params.slots) {
    return;
  }
  let first = pixel * params.slots + image * params.components;
  var most = weight[0] + before[first];
  for (var k = 1u; k < params.components; k++) {
    most = max(most, weight[k] + before[first + k]);
  }
  var on = LogSum(-1e30, 0.0);
  var off = LogSum(-1e30, 0.0);
  for (var k = 0u; k < params.components; k++) {
    // Whole numbers first: their difference keeps its digits.
    let nats = f32(weight[k] + before[first + k] - most) * params.unit;
    let own = tree_logits[first + k];
    on = with_term(on, nats + log_sigmoid(own));
    off = with_term(off, nats + log_sigmoid(-own));
  }
  out[(params.first_image + image) * params.pixels + pixel] = (on.most - off.most) + (log(on.sum) - log(off.sum));
}
