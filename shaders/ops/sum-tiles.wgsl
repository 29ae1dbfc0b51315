// out[image] = sum over tiles of partial[tile, image], in the order of the tiles: the same bits every time.
// Grid: x = ceil(images / 64) workgroups, one thread an image.

struct Params {
  tiles: u32,
  images: u32,
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partial: array<f32>; // [tiles, images]
@group(0) @binding(2) var<storage, read_write> out: array<f32>; // [images]

const threads = 64u;

@compute @workgroup_size(threads)
fn sum_tiles(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let image = (workgroup.x + params.first_workgroup) * threads + thread;
  if (image >= params.images) {
    return;
  }
  var sum = 0.0;
  for (var tile = 0u; tile < params.tiles; tile++) {
    sum += partial[tile * params.images + image];
  }
  out[image] = sum;
}
