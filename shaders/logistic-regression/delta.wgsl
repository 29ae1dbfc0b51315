// The probabilities minus the label, d_y = p(y|x) - [y = label], and log p(label|x).
// Reference: gradient in src/models/logistic-regression/reference.ts. Grid and inputs: logistic-regression/lib/logits.wgsl.
#include "logistic-regression/lib/logits.wgsl"

@group(0) @binding(4) var<storage, read> labels: array<u32>; // [images]
@group(0) @binding(5) var<storage, read_write> delta: array<f32>; // [images, classes]
@group(0) @binding(6) var<storage, read_write> partial: array<f32>; // [images]

var<workgroup> logits: array<f32, 16>;

@compute @workgroup_size(threads)
fn write_delta(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = workgroup.x + params.first_workgroup;
  let logit = logit_of_class(image, thread);
  if (thread < classes) {
    logits[thread] = logit;
  }
  workgroupBarrier();
  if (thread < classes) {
    var most = logits[0];
    for (var y = 1u; y < classes; y++) {
      most = max(most, logits[y]);
    }
    var sum = 0.0;
    for (var y = 0u; y < classes; y++) {
      sum += exp(logits[y] - most);
    }
    let label = labels[image];
    delta[image * classes + thread] = exp(logit - most) / sum - select(0.0, 1.0, thread == label);
    if (thread == label) {
      partial[image] = (logit - most) - log(sum);
    }
  }
}
