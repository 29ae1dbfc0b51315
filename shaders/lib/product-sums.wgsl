// What becomes of the sums of lib/product.wgsl, which includes this and declares `threads`, `slice_threads`, `slabs` and `Sums`: those of slices are
// added, and all are read row by row.

// The sums of all four slices for row `thread` / 8 of the tile and the 4 columns of `thread` % 8; two slices at a time have room in `slabs`.
// Barriers inside: to be called by every thread of the workgroup, when no thread reads `slabs` any more.
fn sum_of_slices(sum: ptr<function, Sums>, thread: u32) -> vec4<f32> {
  let slice = thread / slice_threads;
  let own = thread % slice_threads;
  var total = vec4<f32>();
  for (var first = 0u; first < 4u; first += 2u) {
    if (slice == first || slice == first + 1u) {
      let at = (slice & 1u) * 256u + (own >> 3u) * 32u + (own & 7u);
      slabs[at] = (*sum)[0];
      slabs[at + 8u] = (*sum)[1];
      slabs[at + 16u] = (*sum)[2];
      slabs[at + 24u] = (*sum)[3];
    }
    workgroupBarrier();
    total += slabs[thread] + slabs[256u + thread];
    workgroupBarrier();
  }
  return total;
}

// Puts the low (0) or high (1) half of a thread's sums where `stashed` finds them, row by row: what is done with them
// is then a loop, and the code stays small. Threads read what they wrote themselves, so no barrier is needed.
fn stash(sum: ptr<function, Sums>, half: u32, thread: u32) {
  if (threads > slice_threads) {
    slabs[thread] = (*sum)[0];
  } else if (tile_rows == 32u) {
    slabs[0u + thread] = (*sum)[0];
    slabs[64u + thread] = (*sum)[1];
    slabs[128u + thread] = (*sum)[2];
    slabs[192u + thread] = (*sum)[3];
  } else if (half == 0u) {
    slabs[0u + thread] = (*sum)[0];
    slabs[64u + thread] = (*sum)[2];
    slabs[128u + thread] = (*sum)[4];
    slabs[192u + thread] = (*sum)[6];
    slabs[256u + thread] = (*sum)[8];
    slabs[320u + thread] = (*sum)[10];
    slabs[384u + thread] = (*sum)[12];
    slabs[448u + thread] = (*sum)[14];
  } else {
    slabs[0u + thread] = (*sum)[1];
    slabs[64u + thread] = (*sum)[3];
    slabs[128u + thread] = (*sum)[5];
    slabs[192u + thread] = (*sum)[7];
    slabs[256u + thread] = (*sum)[9];
    slabs[320u + thread] = (*sum)[11];
    slabs[384u + thread] = (*sum)[13];
    slabs[448u + thread] = (*sum)[15];
  }
}

fn stashed(own: u32, thread: u32) -> vec4<f32> {
  return slabs[slice_threads * own + thread];
}
