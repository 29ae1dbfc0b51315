// Class logits z_y = b_y + sum over pixels of x_i w_iy, of one image a workgroup. Included by class-logits and delta, which
// differ in what they do with them.
//
// Grid: x = images, one workgroup of 64 threads each: 16 lanes for the classes, of which 10 work, by 4 groups that share the
// words of the image.

struct Params {
  words_per_image: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read> bias: array<f32>; // [classes]
@group(0) @binding(3) var<storage, read> weight: array<f32>; // [pixels, classes]

const threads = 64u;
const classes = 10u;

var<workgroup> sums: array<f32, 64>; // [groups, lanes]

// The logit of class `thread` % 16; 0 for lanes without a class. Barrier inside: to be called by every thread of the workgroup, once.
fn logit_of_class(image: u32, thread: u32) -> f32 {
  let lane = thread % 16u;
  var sum = 0.0;
  if (lane < classes) {
    for (var word = thread / 16u; word < params.words_per_image; word += 4u) {
      var rest = images[image * params.words_per_image + word];
      while (rest != 0u) {
        sum += weight[(word * 32u + countTrailingZeros(rest)) * classes + lane];
        rest &= rest - 1u;
      }
    }
  }
  sums[thread] = sum;
  workgroupBarrier();
  let all = (sums[lane] + sums[lane + 16u]) + (sums[lane + 32u] + sums[lane + 48u]);
  return select(0.0, bias[lane] + all, lane < classes);
}
