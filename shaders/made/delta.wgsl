// The derivative of -log p_o by the logits, sigmoid(logit) - x, by place, and log p_o itself (as in made/score.wgsl).
// Reference: gradient in src/models/made/reference.ts. Grid and inputs: made/lib/logits.wgsl.
#include "made/lib/logits.wgsl"
#include "made/lib/likelihood.wgsl"

@group(0) @binding(7) var<storage, read_write> delta: array<f32>; // [orders, images, pixels]

fn keep(row: u32, place: u32, logit: f32, on: bool) {
  delta[row * params.pixels + place] = sigmoid(logit) - select(0.0, 1.0, on);
}

@compute @workgroup_size(threads)
fn write_delta(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  write_likelihood(workgroup.x + params.first_workgroup, thread);
}
