// Counts for every table entry how often a pixel with these parents is on, and how often off. Off among parents that are all off is
// not counted: it is four pixels in five of a digit, and is found by subtraction (src/models/bayes-net/smoothing.ts).
// Integers, so that the order of the atomic additions does not matter. Few entries, as of a table that all pixels share, are
// counted in the workgroup's memory first: additions to one number of a buffer wait for each other.
// Reference: cpuCounter in src/models/bayes-net/cpu.ts. Grid: x = ceil(images * pixels / 4096).
#include "bayes-net/lib/reading.wgsl"

@group(0) @binding(5) var<storage, read_write> off: array<atomic<u32>>; // [entries]
@group(0) @binding(6) var<storage, read_write> on: array<atomic<u32>>; // [entries]

const threads = 256u;
const slots = 4096u; // pixels of a workgroup
const few = 1024u;

var<workgroup> own_off: array<atomic<u32>, 1024>;
var<workgroup> own_on: array<atomic<u32>, 1024>;

fn add_off(entry: u32, here: bool) {
  if (here) {
    atomicAdd(&own_off[entry], 1u);
  } else {
    atomicAdd(&off[entry], 1u);
  }
}

fn add_on(entry: u32, here: bool) {
  if (here) {
    atomicAdd(&own_on[entry], 1u);
  } else {
    atomicAdd(&on[entry], 1u);
  }
}

@compute @workgroup_size(threads)
fn count(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let entries = arrayLength(&on);
  let here = entries <= few;
  let first = (workgroup.x + params.first_workgroup) * slots;
  for (var slot = first + thread; slot < first + slots; slot += threads) {
    let image = slot / params.pixels;
    if (image >= params.images) {
      break;
    }
    let base = image * params.words_per_image;
    let pixel = slot % params.pixels;
    let entry = entry_of(base, pixel);
    if (is_on(base, pixel)) {
      add_on(entry, here);
    } else if (entry != table_start[pixel]) {
      add_off(entry, here);
    }
  }
  if (!here) {
    return;
  }
  workgroupBarrier();
  for (var entry = thread; entry < entries; entry += threads) {
    let ons = atomicLoad(&own_on[entry]);
    let offs = atomicLoad(&own_off[entry]);
    if (ons > 0u) {
      atomicAdd(&on[entry], ons);
    }
    if (offs > 0u) {
      atomicAdd(&off[entry], offs);
    }
  }
}
