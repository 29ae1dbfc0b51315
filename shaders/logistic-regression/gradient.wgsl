// Mean gradient of -log p(y|x): dw_iy = sum over images of x_i d_y / images, and db_y as that of a pixel that is always on.
// Reference: gradient in src/models/logistic-regression/reference.ts.
//
// Grid: x = ceil((pixels + 1) / 16) workgroups of 160 threads, one thread a pixel and class; the pixel behind the last stands
// for the bias. Images go by 32 at a time.

struct Params {
  #include "lib/batch-params.wgsl"
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read> delta: array<f32>; // [images, classes]
@group(0) @binding(3) var<storage, read_write> weight_gradient: array<f32>; // [pixels, classes]
@group(0) @binding(4) var<storage, read_write> bias_gradient: array<f32>; // [classes]

const threads = 160u;
const classes = 10u;
const tile_pixels = 16u;

var<workgroup> delta_tile: array<f32, 320>; // [32 images, classes]
var<workgroup> word_tile: array<u32, 32>; // [images], the word that holds the workgroup's pixels

@compute @workgroup_size(threads)
fn write_gradient(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let first_pixel = (workgroup.x + params.first_workgroup) * tile_pixels;
  let pixel = first_pixel + thread / classes;
  let class_of_thread = thread % classes;
  let word = first_pixel / 32u;
  var sum = 0.0;
  for (var first = 0u; first < params.images; first += 32u) {
    let here = min(32u, params.images - first);
    for (var slot = thread; slot < here * classes; slot += threads) {
      delta_tile[slot] = delta[first * classes + slot];
    }
    if (thread < here && word < params.words_per_image) {
      word_tile[thread] = images[(first + thread) * params.words_per_image + word];
    }
    workgroupBarrier();
    for (var image = 0u; image < here; image++) {
      let on = ((word_tile[image] >> (pixel % 32u)) & 1u) == 1u || pixel == params.pixels;
      sum += select(0.0, delta_tile[image * classes + class_of_thread], on);
    }
    workgroupBarrier();
  }
  let mean = sum / f32(params.images);
  if (pixel < params.pixels) {
    weight_gradient[pixel * classes + class_of_thread] = mean;
  } else if (pixel == params.pixels) {
    bias_gradient[class_of_thread] = mean;
  }
}
