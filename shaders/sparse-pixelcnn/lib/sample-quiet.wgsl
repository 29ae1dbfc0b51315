// The logits of a run of quiet pixels while sampling, on the guess that none of them turns on. Included by sample, whose bindings
// and workgroup memory it uses. Reference: quietLogit in src/models/sparse-pixelcnn/definition.ts.

// Parts of `room` while quiet pixels are computed.
const hidden_at = 0u; // [ahead, 128]
const features_at = 2048u; // [ahead, 65]
const feature_pitch = 65u; // one more than there are, so that pixels begin in other banks

// Barriers inside: to be called by every thread of the workgroup. `carried` is that of channel `thread`. Gives the logit
// of pixel first + thread to the threads below `run`.
fn quiet_logit(image: u32, first: u32, run: u32, carried: f32, thread: u32) -> f32 {
  for (var k = 0u; k < run; k++) {
    let pixel = first + k;
    var sum = carried + weight(params.quiet_position + pixel * 128u + thread);
    for (var row = 0u; row <= window_reach; row++) {
      sum += window_sum(image, pixel, row, params.quiet_relative + thread, 128u);
    }
    room[hidden_at + k * 128u + thread] = clamp(sum, 0.0, bound);
  }
  workgroupBarrier();
  let output = thread & 63u;
  // 8 pixels a thread.
  let own = (thread >> 6u) * 8u;
  if (own < run) {
    var low = vec4<f32>(weight(params.quiet_hidden + 8192u + output));
    var high = low;
    for (var k = 0u; k < 128u; k++) {
      let at = hidden_at + own * 128u + k;
      let w = weight(params.quiet_hidden + k * 64u + output);
      low += w * vec4<f32>(room[at], room[at + 128u], room[at + 256u], room[at + 384u]);
      high += w * vec4<f32>(room[at + 512u], room[at + 640u], room[at + 768u], room[at + 896u]);
    }
    for (var k = 0u; k < 8u; k++) {
      let pixel = min(first + own + k, params.pixels - 1u);
      let w = weight(params.quiet_readout + output) + weight(params.quiet_readout_position + pixel * 64u + output);
      let q = clamp(select(low, high, k >= 4u)[k & 3u], 0.0, bound);
      room[features_at + (own + k) * feature_pitch + output] = w * q;
    }
  }
  workgroupBarrier();
  var logit = 0.0;
  if (thread < run) {
    logit = weight(params.quiet_bias + first + thread);
    for (var k = 0u; k < 64u; k++) {
      logit += room[features_at + thread * feature_pitch + k];
    }
  }
  return logit;
}
