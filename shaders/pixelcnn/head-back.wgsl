// Backpropagation begins: dz = sigmoid(logit) - t, t being the targets, and through the last layer to the features behind the last
// block. Keeps the last layer's channels for pixelcnn/head-weights.wgsl, and writes minus the loss as pixelcnn/score.wgsl does log p.
// Reference: addGradient in src/models/pixelcnn/reference.ts. Grid and inputs: pixelcnn/lib/head.wgsl.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/head.wgsl"
#include "pixelcnn/lib/likelihood.wgsl"
#include "lib/targets.wgsl"

@group(0) @binding(1) var<storage, read> targets: array<u32>; // [batch, ceil(positions / 4)]
@group(0) @binding(6) var<storage, read_write> channels: array<vec4<f32>>; // [8, plane], after the relu
@group(0) @binding(7) var<storage, read_write> dz: array<f32>; // [plane]
@group(0) @binding(8) var<storage, read_write> d: array<vec4<f32>>; // [2, 8, plane]

fn write_channels(at: u32, rows: u32, m: mat4x4<f32>) {
  var column = m;
  for (var r = 0u; r < rows; r++) {
    channels[at + r * pitch()] = column[0];
    column = further_down(column, vec4<f32>());
  }
}

// The derivative by 4 of the last layer's channels, quad number `k`.
fn d_last(place: Place, k: u32, slope: vec4<f32>) -> mat4x4<f32> {
  let at = k * params.plane + place.at;
  let p = pitch();
  let w = logit_weights(k);
  let by_channels = mat4x4<f32>(slope.x * w, slope.y * w, slope.z * w, slope.w * w);
  return passed_each(by_channels, mat4x4<f32>(channels[at], channels[at + p], channels[at + 2u * p], channels[at + 3u * p]));
}

// The derivative by the stream from half of the last layer's channels: the first half is written, the second added to it.
fn go_back(place: Place, half: u32, slope: vec4<f32>) {
  let e = Sixteen(
    d_last(place, 4u * half, slope),
    d_last(place, 4u * half + 1u, slope),
    d_last(place, 4u * half + 2u, slope),
    d_last(place, 4u * half + 3u, slope),
  );
  for (var k = 0u; k < 8u; k++) {
    let row = k * 32u + 4u * half;
    var sum = transpose(last_rows(row)) * e.a;
    sum += transpose(last_rows(row + 1u)) * e.b;
    sum += transpose(last_rows(row + 2u)) * e.c;
    sum += transpose(last_rows(row + 3u)) * e.d;
    for (var r = 0u; r < place.rows; r++) {
      let at = k * params.plane + place.at + r * pitch();
      let f = stream[params.source * params.plane + at];
      let into = params.d_destination * params.plane + at;
      if (half == 0u) {
        d[into] = sum[0];
      } else {
        d[into] = within(passed(d[into] + sum[0], f), f);
      }
      sum = further_down(sum, vec4<f32>());
    }
  }
}

@compute @workgroup_size(threads)
fn turn_back(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_in_part(workgroup.x, thread);
  var nats = 0.0;
  if (place.row < params.height) {
    var logits = vec4<f32>(logit[32]);
    for (var half = 0u; half < 2u; half++) {
      let own = last_channels(place, half);
      let at = 4u * half * params.plane + place.at;
      write_channels(at, place.rows, own.a);
      write_channels(at + params.plane, place.rows, own.b);
      write_channels(at + 2u * params.plane, place.rows, own.c);
      write_channels(at + 3u * params.plane, place.rows, own.d);
      logits += logit_share(own, half);
    }
    var slope = vec4<f32>();
    for (var r = 0u; r < place.rows; r++) {
      let position = (place.row + r) * params.width + place.column;
      let ink = target_of(params.first_image + place.image, position, params.width * params.height);
      nats += expected_log_bernoulli(logits[r], ink);
      slope[r] = sigmoid(logits[r]) - ink;
      dz[place.at + r * pitch()] = slope[r];
    }
    go_back(place, 0u, slope);
    go_back(place, 1u, slope);
  }
  write_partial(place.image, part_of(workgroup.x), thread, nats);
}
