// Pairs of pixels that are on, weighed by the responsibilities of components, added to what earlier images gave: of tile (I, J), I <= J,
// pairs[k, tile, 32 i + j] is the sum over images of r_k x_(32 I + i) x_(32 J + j), and seen[k] that of r_k alone.
// Reference: emIteration in src/models/tree-mixture/reference.ts.
//
// Grid: x = (components of this buffer) * tiles workgroups of 256 threads; tiles = t (t + 1) / 2 with t = words_per_image, those on and
// above the diagonal, row by row. A thread owns 4 pairs; images go by 64 at a time, and those of which the component has
// no part are passed over.

struct Params {
  #include "lib/batch-params.wgsl"
  first_component: u32, // of those in this buffer
  padded: u32, // components in a row of `responsibility`
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(2) var<storage, read> responsibility: array<f32>; // [images, padded]
@group(0) @binding(3) var<storage, read_write> pairs: array<vec4<f32>>; // [components of this buffer, tiles, 32, 8]
@group(0) @binding(4) var<storage, read_write> seen: array<f32>; // [padded]

const threads = 256u;
const together = 64u;
// e^-20: what is less vanishes beside 1.
const negligible = 2e-9;

var<workgroup> shares: array<f32, 64>;
var<workgroup> rows: array<u32, 64>;
var<workgroup> columns: array<u32, 64>;

@compute @workgroup_size(threads)
fn add_pairs(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tiles = params.words_per_image * (params.words_per_image + 1u) / 2u;
  let index = workgroup.x + params.first_workgroup;
  let component = params.first_component + index / tiles;
  // Row `row` of the triangle holds `across` tiles.
  var across = params.words_per_image;
  var row = 0u;
  var ahead = index % tiles;
  while (ahead >= across) {
    ahead -= across;
    across--;
    row++;
  }
  let column = row + ahead;
  let own_row = thread / 8u;
  let own_column = 4u * (thread % 8u);
  var sums = vec4<f32>();
  var share_sum = 0.0;
  for (var first = 0u; first < params.images; first += together) {
    if (thread < together) {
      let image = first + thread;
      let real = image < params.images;
      shares[thread] = 0.0;
      if (real) {
        shares[thread] = responsibility[image * params.padded + component];
        rows[thread] = images[image * params.words_per_image + row];
        columns[thread] = images[image * params.words_per_image + column];
      }
    }
    workgroupBarrier();
    for (var m = 0u; m < together; m++) {
      let share = shares[m];
      share_sum += share;
      if (share > negligible && ((rows[m] >> own_row) & 1u) == 1u) {
        let bits = columns[m] >> own_column;
        sums += share * vec4<f32>(f32(bits & 1u), f32((bits >> 1u) & 1u), f32((bits >> 2u) & 1u), f32((bits >> 3u) & 1u));
      }
    }
    workgroupBarrier();
  }
  pairs[index * threads + thread] += sums;
  if (index % tiles == 0u && thread == 0u) {
    seen[component] += share_sum;
  }
}
