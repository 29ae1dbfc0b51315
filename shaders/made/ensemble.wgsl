// The mean of the orders' probabilities of whole images: log p(x) = log p_b(x) + log(1/O sum over o of p_o(x) / p_b(x)), b
// being the likeliest order. Written as the parts of log p_b and one more, which the host adds in f64: f32 is too coarse
// for log p, but fine for the differences that the sum over orders needs.
// Reference: average in src/models/made/reference.ts. Grid: x = ceil(images / 64), one thread an image.
#include "made/lib/shape.wgsl"
#include "lib/tile-size.wgsl"

@group(0) @binding(1) var<storage, read> parts: array<f32>; // [orders, tiles, images]
@group(0) @binding(2) var<storage, read_write> partial: array<f32>; // [tiles + 1, all_images]
@group(0) @binding(3) var<storage, read_write> best: array<u32>; // [images]
@group(0) @binding(4) var<storage, read_write> shares: array<f32>; // [orders, images], posterior of an order / images

const threads = 64u;

// log p_a - log p_b
fn difference(a: u32, b: u32, tiles: u32, image: u32) -> f32 {
  var sum = 0.0;
  for (var tile = 0u; tile < tiles; tile++) {
    sum += parts[(a * tiles + tile) * params.images + image] - parts[(b * tiles + tile) * params.images + image];
  }
  return sum;
}

@compute @workgroup_size(threads)
fn ensemble(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = (workgroup.x + params.first_workgroup) * threads + thread;
  if (image >= params.images) {
    return;
  }
  let tiles = (params.pixels + tile_columns - 1u) / tile_columns;
  var winner = 0u;
  for (var order = 1u; order < params.orders; order++) {
    if (difference(order, winner, tiles, image) > 0.0) {
      winner = order;
    }
  }
  best[image] = winner;
  var total = 0.0;
  for (var order = 0u; order < params.orders; order++) {
    let ratio = exp(min(0.0, difference(order, winner, tiles, image)));
    shares[order * params.images + image] = ratio;
    total += ratio;
  }
  for (var order = 0u; order < params.orders; order++) {
    shares[order * params.images + image] /= total * f32(params.images);
  }
  let column = params.first_image + image;
  for (var tile = 0u; tile < tiles; tile++) {
    partial[tile * params.all_images + column] = parts[(winner * tiles + tile) * params.images + image];
  }
  partial[tiles * params.all_images + column] = log(total / f32(params.orders));
}
