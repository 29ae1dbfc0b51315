// Gradients of the two nets' readout, which are those of all pixels' own together. Sums in a fixed order, in two levels.
// Reference: addGradient and quietBack in src/models/sparse-pixelcnn/definition.ts.
//
// Grid: x = 2 workgroups of 256 threads, one a net: 16 vectors of channels by 16 groups of pixels.

struct Params {
  pixels: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> own: array<vec4<f32>>; // [pixels, 16], of the deep net's readout_position
@group(0) @binding(2) var<storage, read> quiet_own: array<vec4<f32>>; // [pixels, 16]
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4<f32>>; // [16]
@group(0) @binding(4) var<storage, read_write> quiet_gradient: array<vec4<f32>>; // [16]

const threads = 256u;
const groups = 16u;

var<workgroup> sums: array<vec4<f32>, 256>; // [groups, 16]

@compute @workgroup_size(threads)
fn sum_pixels(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let is_quiet = workgroup.x + params.first_workgroup == 1u;
  var sum = vec4<f32>();
  for (var pixel = thread >> 4u; pixel < params.pixels; pixel += groups) {
    let at = pixel * 16u + (thread & 15u);
    if (is_quiet) {
      sum += quiet_own[at];
    } else {
      sum += own[at];
    }
  }
  sums[thread] = sum;
  workgroupBarrier();
  if (thread < 16u) {
    sum = vec4<f32>();
    for (var group = 0u; group < groups; group++) {
      sum += sums[group * 16u + thread];
    }
    if (is_quiet) {
      quiet_gradient[thread] = sum;
    } else {
      gradient[thread] = sum;
    }
  }
}
