// Counts for every table entry how often a pixel with these parents is on, and how often off. Off among parents that are all off is
// not counted: it is four pixels in five of a digit, whose atomic additions would be serialised where they share a table.
// Integers, so that the order of the atomic additions does not matter.
// Reference: cpuCounter in src/models/bayes-net/cpu.ts. Grid: x = ceil(images * pixels / 256).
#include "bayes-net/lib/reading.wgsl"

@group(0) @binding(5) var<storage, read_write> off: array<atomic<u32>>; // [entries]
@group(0) @binding(6) var<storage, read_write> on: array<atomic<u32>>; // [entries]

const threads = 256u;

@compute @workgroup_size(threads)
fn count(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = (workgroup.x + params.first_workgroup) * threads + thread;
  let image = slot / params.pixels;
  if (image >= params.images) {
    return;
  }
  let base = image * params.words_per_image;
  let pixel = slot % params.pixels;
  let entry = entry_of(base, pixel);
  if (is_on(base, pixel)) {
    atomicAdd(&on[entry], 1u);
  } else if (entry != table_start[pixel]) {
    atomicAdd(&off[entry], 1u);
  }
}
