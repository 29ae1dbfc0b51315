// Before an iteration of ops/fixed-point.wgsl: drops the images that the last one finished, puts the others side by side as the batch whose
// conditionals are read next, and chooses the grids of that reading, so that the host need not know how many are left.
// Reference: FixedPointProgress in src/engine/backends/sampling/fixed-point.ts. Grid: one workgroup of 256 threads, one an image.

struct Params {
  pixels: u32,
  words_per_image: u32,
  iteration: u32, // the one that begins, from 1
  row_counts: u32, // counts of images that share a row of `table`
  row_words: u32, // of `table`
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> changed: array<u32>; // [images]: place after the first that the last iteration changed, 0 at first
@group(0) @binding(2) var<storage, read_write> settled: array<u32>; // [images]: places that are final
@group(0) @binding(3) var<storage, read_write> finished: array<u32>; // [images]: iterations taken; 0 while unfinished
@group(0) @binding(4) var<storage, read_write> unfinished: array<u32>; // [1 + images]: how many, then which, ascending
@group(0) @binding(5) var<storage, read> images: array<u32>; // [images, words_per_image]
@group(0) @binding(6) var<storage, read_write> batch: array<u32>; // [images, words_per_image], of the unfinished ones
@group(0) @binding(7) var<storage, read> table: array<u32>; // [rows, row_words]: row 0 for none, row r for up to r * row_counts images
@group(0) @binding(8) var<storage, read_write> slots: array<u32>; // [row_words]

const threads = 256u;

var<workgroup> staying: array<atomic<u32>, 8>; // a bit a thread

@compute @workgroup_size(threads)
fn begin_iteration(@builtin(local_invocation_index) thread: u32) {
  let bit = 1u << (thread & 31u);
  var image = 0u;
  var stays = false;
  if (thread < unfinished[0]) {
    image = unfinished[1u + thread];
    let first = changed[image];
    settled[image] = first;
    stays = first < params.pixels;
    if (stays) {
      changed[image] = params.pixels;
      atomicOr(&staying[thread >> 5u], bit);
    } else {
      finished[image] = params.iteration - 1u;
    }
  }
  workgroupBarrier();
  // Threads in front of this one that stay, and all that do.
  var row = 0u;
  var count = 0u;
  for (var word = 0u; word < 8u; word++) {
    let bits = atomicLoad(&staying[word]);
    let before = select(0u, 0xffffffffu, word < (thread >> 5u)) | select(0u, bit - 1u, word == (thread >> 5u));
    row += countOneBits(bits & before);
    count += countOneBits(bits);
  }
  if (stays) {
    unfinished[1u + row] = image;
    for (var word = 0u; word < params.words_per_image; word++) {
      batch[row * params.words_per_image + word] = images[image * params.words_per_image + word];
    }
  }
  if (thread == 0u) {
    unfinished[0] = count;
  }
  let chosen = (count + params.row_counts - 1u) / params.row_counts * params.row_words;
  for (var word = thread; word < params.row_words; word += threads) {
    slots[word] = table[chosen + word];
  }
}
