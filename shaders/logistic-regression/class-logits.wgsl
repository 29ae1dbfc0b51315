// log p(y|x) up to a constant an image: its class logits.
// Reference: logits in src/models/logistic-regression/reference.ts. Grid and inputs: logistic-regression/lib/logits.wgsl.
#include "logistic-regression/lib/logits.wgsl"

@group(0) @binding(4) var<storage, read_write> out: array<f32>; // [images, classes]

@compute @workgroup_size(threads)
fn class_logits(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = workgroup.x + params.first_workgroup;
  let logit = logit_of_class(image, thread);
  if (thread < classes) {
    out[image * classes + thread] = logit;
  }
}
