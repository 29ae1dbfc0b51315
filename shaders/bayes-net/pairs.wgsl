// Adds to both[i, j], i <= j, how many images have pixels i and j on: bits that planes i and j have in common. Integers, each
// cell added to by one thread.
// Reference: addPairs in src/models/bayes-net/pairs.ts. Grid: x = t (t + 1) / 2 with t = ceil(pixels / 32), the tiles of 32 x 32
// pairs on and above the diagonal, row by row; every thread counts 2 x 2 pairs.

struct Params {
  pixels: u32,
  images: u32,
  plane_words: u32,
  words: u32, // of each plane that hold images
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> planes: array<u32>; // [pixels, plane_words]
@group(0) @binding(2) var<storage, read_write> both: array<u32>; // [pixels, pixels], on and above the diagonal
@group(0) @binding(3) var<storage, read_write> total: array<u32>; // [1], images

const threads = 256u;
const tile = 32u;
// Words of a plane at a time.
const chunk = 32u;
// One more than `chunk`, so that neighbouring pixels lie in different banks.
const stride = 33u;

var<workgroup> rows: array<u32, 1056>; // [tile, stride]
var<workgroup> columns: array<u32, 1056>; // [tile, stride]

fn plane_word(pixel: u32, word: u32) -> u32 {
  if (pixel < params.pixels && word < params.words) {
    return planes[pixel * params.plane_words + word];
  }
  return 0u;
}

fn add(i: u32, j: u32, count: u32) {
  if (i <= j && j < params.pixels) {
    both[i * params.pixels + j] += count;
  }
}

@compute @workgroup_size(threads)
fn count_pairs(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = workgroup.x + params.first_workgroup;
  // Row `row` of the triangle holds `across` tiles.
  var across = (params.pixels + tile - 1u) / tile;
  var row = 0u;
  var ahead = index;
  while (ahead >= across) {
    ahead -= across;
    across--;
    row++;
  }
  let first_i = row * tile;
  let first_j = (row + ahead) * tile;
  let own_i = thread / 16u;
  let own_j = thread % 16u;
  // Of pairs (i, j), (i, j + 16), (i + 16, j), (i + 16, j + 16).
  var sums = vec4<u32>();
  for (var first = 0u; first < params.words; first += chunk) {
    for (var at = thread; at < tile * chunk; at += threads) {
      let pixel = at / chunk;
      let word = at % chunk;
      rows[pixel * stride + word] = plane_word(first_i + pixel, first + word);
      columns[pixel * stride + word] = plane_word(first_j + pixel, first + word);
    }
    workgroupBarrier();
    let held = min(chunk, params.words - first);
    for (var word = 0u; word < held; word++) {
      let i = vec2<u32>(rows[own_i * stride + word], rows[(own_i + 16u) * stride + word]);
      let j = vec2<u32>(columns[own_j * stride + word], columns[(own_j + 16u) * stride + word]);
      sums += countOneBits(i.xxyy & j.xyxy);
    }
    workgroupBarrier();
  }
  let i = first_i + own_i;
  let j = first_j + own_j;
  add(i, j, sums.x);
  add(i, j + 16u, sums.y);
  add(i + 16u, j, sums.z);
  add(i + 16u, j + 16u, sums.w);
  if (index == 0u && thread == 0u) {
    total[0] += params.images;
  }
}
