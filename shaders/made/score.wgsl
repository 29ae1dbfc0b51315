// log p_o(x) of every order, in one part a tile of places; made/ensemble.wgsl computes log p(x) from them.
// Reference: logLikelihoodIn in src/models/made/reference.ts. Grid and inputs: made/lib/logits.wgsl.
#include "made/lib/logits.wgsl"
#include "made/lib/likelihood.wgsl"
#include "made/lib/places.wgsl"

@group(0) @binding(5) var<storage, read> places: array<u32>; // [orders, images, words_per_image]

fn ink_of(order: u32, image: u32, place: u32) -> f32 {
  return select(0.0, 1.0, is_on(order, image, place));
}

// Of every place log p alone is kept.
fn keep(row: u32, place: u32, logit: f32, ink: f32) {
}

@compute @workgroup_size(threads)
fn score(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  write_likelihood(workgroup.x + params.first_workgroup, thread);
}
