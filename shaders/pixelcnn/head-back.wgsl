// Backpropagation begins: dz = sigmoid(logit) - t, t being the targets, and through the last layer to the features behind the last
// block. Keeps the last layer's channels for pixelcnn/head-weights.wgsl, and writes minus the loss as pixelcnn/score.wgsl does log p.
// Reference: addGradient in src/models/pixelcnn/reference.ts. Grid and inputs: pixelcnn/lib/head.wgsl.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/head.wgsl"
#include "pixelcnn/lib/likelihood.wgsl"
#include "lib/targets.wgsl"

@group(0) @binding(1) var<storage, read> targets: array<u32>; // [batch, ceil(positions / 4)]
@group(0) @binding(6) var<storage, read_write> channels: array<vec4<f32>>; // [images, positions, 8], after the relu
@group(0) @binding(7) var<storage, read_write> dz: array<f32>; // [images, positions]
@group(0) @binding(8) var<storage, read_write> d: array<vec4<f32>>; // [2, images, positions, 8]

fn write_channels(at: u32, four: Four) {
  channels[at] = four.a;
  channels[at + 1u] = four.b;
  channels[at + 2u] = four.c;
  channels[at + 3u] = four.d;
}

// The derivative by 16 of the last layer's channels, those of `half`.
fn d_last(four: Four, half: u32, slope: f32) -> Four {
  return Four(
    passed(slope * logit_weights(4u * half), four.a),
    passed(slope * logit_weights(4u * half + 1u), four.b),
    passed(slope * logit_weights(4u * half + 2u), four.c),
    passed(slope * logit_weights(4u * half + 3u), four.d),
  );
}

@compute @workgroup_size(threads)
fn turn_back(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  load_weights(thread);
  workgroupBarrier();
  let place = place_of(workgroup.x + params.first_workgroup, thread);
  var nats = 0.0;
  if (place.position < positions()) {
    let head = head_of(place);
    let ink = target_of(params.first_image + place.image, place.position, positions());
    nats = expected_log_bernoulli(head.logit, ink);
    let slope = sigmoid(head.logit) - ink;
    let own = place.image * positions() + place.position;
    dz[own] = slope;
    write_channels(own * 8u, head.low);
    write_channels(own * 8u + 4u, head.high);
    let low = d_last(head.low, 0u, slope);
    let high = d_last(head.high, 1u, slope);
    for (var k = 0u; k < 8u; k++) {
      let f = stream[params.source + own * 8u + k];
      let sum = dot_rows(low, k * 32u, 8u) + dot_rows(high, k * 32u + 4u, 8u);
      d[params.d_destination + own * 8u + k] = within(passed(sum, f), f);
    }
  }
  write_partial(place, thread, nats);
}
