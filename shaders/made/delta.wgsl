// The derivative of the loss in order o by the logits, sigmoid(logit) - t, by place, t being the targets, and minus that loss (as in
// made/score.wgsl).
// Reference: gradient in src/models/made/reference.ts. Grid and inputs: made/lib/logits.wgsl.
#include "made/lib/logits.wgsl"
#include "made/lib/likelihood.wgsl"
#include "lib/targets.wgsl"

@group(0) @binding(5) var<storage, read> targets: array<u32>; // [all_images, ceil(pixels / 4)]
@group(0) @binding(7) var<storage, read_write> delta: array<f32>; // [orders, images, pixels]

fn ink_of(order: u32, image: u32, place: u32) -> f32 {
  return target_of(params.first_image + image, pixel_of(order, place), params.pixels);
}

fn keep(row: u32, place: u32, logit: f32, ink: f32) {
  delta[row * params.pixels + place] = sigmoid(logit) - ink;
}

@compute @workgroup_size(threads)
fn write_delta(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  write_likelihood(workgroup.x + params.first_workgroup, thread);
}
