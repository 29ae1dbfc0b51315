// One residual block at one position while sampling, on what earlier positions left in `memory`. Included by sample, whose
// bindings and workgroup memory it uses. Reference: netSampler in src/models/pixelcnn/cpu.ts.

// Where the features of a position are kept.
fn memory_of(slot: u32, block: u32, position: u32) -> u32 {
  // The current position overwrites the oldest one that is read, after reading it.
  let ring = params.width + 1u;
  return ((slot * params.blocks + block) * ring + position % ring) * 16u;
}

// What the convolutions of all blocks add up of earlier positions, taps 0 to 3, and their biases, into `earlier`: none of it waits
// for the position's own features.
fn look_back(slot: u32, position: u32, thread: u32) {
  for (var at = thread; at < params.blocks * 16u; at += threads) {
    let block = at >> 4u;
    let own = params.middle + block * 145u * 16u + (at & 15u);
    var sum = vec4<f32>(weight(own + 144u * 16u));
    for (var tap = 0u; tap < 4u; tap++) {
      // Unsigned numbers wrap around: above and left of the grid are not inside.
      let row = position / params.width + tap / 3u - 1u;
      let column = position % params.width + tap % 3u - 1u;
      if (row < params.height && column < params.width) {
        let seen = memory_of(slot, block, row * params.width + column);
        for (var i = 0u; i < 16u; i++) {
          sum += memory[seen + i] * weight(own + (tap * 16u + i) * 16u);
        }
      }
    }
    earlier[at] = sum;
  }
}

// The sum of 4 threads' shares of output `o`, of 16.
fn behind_down(o: u32) -> vec4<f32> {
  return (down_shares[o] + down_shares[o + 16u]) + (down_shares[o + 32u] + down_shares[o + 48u]);
}

fn behind_middle(o: u32) -> vec4<f32> {
  return (middle_shares[o] + middle_shares[o + 16u]) + (middle_shares[o + 32u] + middle_shares[o + 48u]);
}

// A channel of the stream before block number `block`, 1 or more: that before the block before it, with what that one added.
fn stream_behind(block: u32, channel: u32) -> vec4<f32> {
  let bias = weight(params.up + ((block - 1u) * 17u + 16u) * 32u + channel);
  let sum = stream[((block - 1u) & 1u) * 32u + channel] + bias + up_shares[channel] + up_shares[channel + 32u];
  return clamp(sum, vec4<f32>(-bound), vec4<f32>(bound));
}

// Barriers inside: to be called by every thread of the workgroup.
fn add_block(slot: u32, block: u32, position: u32, thread: u32) {
  let o = thread & 15u;
  let share = thread >> 4u;
  var sum = vec4<f32>();
  for (var i = share * 8u; i < share * 8u + 8u; i++) {
    var x = stream[i];
    if (block > 0u) {
      x = stream_behind(block, i);
      if ((i & 7u) == o) {
        stream[(block & 1u) * 32u + i] = x;
      }
    }
    sum += max(x, vec4<f32>()) * weight(params.down + (block * 33u + i) * 16u + o);
  }
  down_shares[thread] = sum;
  workgroupBarrier();
  sum = vec4<f32>();
  for (var i = share * 4u; i < share * 4u + 4u; i++) {
    let own = max(weight(params.down + (block * 33u + 32u) * 16u + i) + behind_down(i), vec4<f32>());
    sum += own * weight(params.middle + (block * 145u + 64u + i) * 16u + o);
    if ((i & 3u) == o) {
      memory[memory_of(slot, block, position) + i] = own;
    }
  }
  middle_shares[thread] = sum;
  workgroupBarrier();
  let channel = thread & 31u;
  let half = thread >> 5u;
  sum = vec4<f32>();
  for (var i = half * 8u; i < half * 8u + 8u; i++) {
    let mixed = max(earlier[block * 16u + i] + behind_middle(i), vec4<f32>());
    sum += mixed * weight(params.up + (block * 17u + i) * 32u + channel);
  }
  up_shares[thread] = sum;
  workgroupBarrier();
}
