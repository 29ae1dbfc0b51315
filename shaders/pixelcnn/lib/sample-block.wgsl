// One residual block at one position while sampling, on what earlier positions left in `memory`. Included by sample, whose
// bindings and workgroup memory it uses. Reference: netSampler in src/models/pixelcnn/cpu.ts.

// Where the features of a position are kept.
fn memory_of(slot: u32, block: u32, position: u32) -> u32 {
  // The current position overwrites the oldest one that is read, after reading it.
  let ring = params.width + 1u;
  return ((slot * params.blocks + block) * ring + position % ring) * 16u;
}

// What tap number `tap`, 0 to 3, sees of a channel.
fn recall(slot: u32, block: u32, position: u32, tap: u32, channel: u32) -> f32 {
  let row = position / params.width + tap / 3u - 1u;
  let column = position % params.width + tap % 3u - 1u;
  if (row >= params.height || column >= params.width) {
    return 0.0;
  }
  return memory[memory_of(slot, block, row * params.width + column) + channel];
}

// The sum of 4 threads' shares of output `o`, of 16.
fn of_four(o: u32) -> f32 {
  return (shares[o] + shares[o + 16u]) + (shares[o + 32u] + shares[o + 48u]);
}

// Barriers inside: to be called by every thread of the workgroup.
fn add_block(slot: u32, block: u32, position: u32, thread: u32) {
  let o = thread & 15u;
  let share = thread >> 4u;
  seen[thread] = recall(slot, block, position, share, o);
  var sum = 0.0;
  for (var i = share * 8u; i < share * 8u + 8u; i++) {
    sum += max(stream[i], 0.0) * down[(block * 33u + i) * 16u + o];
  }
  shares[thread] = sum;
  workgroupBarrier();
  if (thread < 16u) {
    let own = max(down[(block * 33u + 32u) * 16u + o] + of_four(o), 0.0);
    seen[64u + o] = own;
    memory[memory_of(slot, block, position) + o] = own;
  }
  workgroupBarrier();
  sum = 0.0;
  for (var i = share * 20u; i < share * 20u + 20u; i++) {
    sum += seen[i] * middle[(block * 145u + i) * 16u + o];
  }
  shares[thread] = sum;
  workgroupBarrier();
  if (thread < 16u) {
    mixed[o] = max(middle[(block * 145u + 144u) * 16u + o] + of_four(o), 0.0);
  }
  workgroupBarrier();
  let channel = thread & 31u;
  let half = thread >> 5u;
  sum = 0.0;
  for (var i = half * 8u; i < half * 8u + 8u; i++) {
    sum += mixed[i] * up[(block * 17u + i) * 32u + channel];
  }
  shares[thread] = sum;
  workgroupBarrier();
  if (thread < 32u) {
    let added = up[(block * 17u + 16u) * 32u + channel] + shares[channel] + shares[channel + 32u];
    stream[channel] = clamp(stream[channel] + added, -bound, bound);
  }
  workgroupBarrier();
}
