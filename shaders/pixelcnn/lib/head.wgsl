// Behind the last block: relu, 32 -> 32 channels, relu, one logit. One thread a position.
//
// Grid: x = images * ceil(positions / 64) workgroups of 64 threads.
#include "pixelcnn/lib/row-products.wgsl"

@group(0) @binding(2) var<storage, read> stream: array<vec4<f32>>; // [.., images, positions, 8]
@group(0) @binding(3) var<storage, read> last: array<vec4<f32>>; // [33, 8]
@group(0) @binding(4) var<storage, read> logit: array<f32>; // [33]

const threads = 64u;

var<workgroup> weight_tile: array<vec4<f32>, 264>; // last

// The last layer's 32 channels after its relu, and the logit.
struct Head {
  low: Four,
  high: Four,
  logit: f32,
}

struct Place {
  image: u32,
  position: u32,
  part: u32,
}

fn place_of(workgroup: u32, thread: u32) -> Place {
  let parts = (positions() + threads - 1u) / threads;
  return Place(workgroup / parts, (workgroup % parts) * threads + thread, workgroup % parts);
}

fn load_weights(thread: u32) {
  for (var at = thread; at < 264u; at += threads) {
    weight_tile[at] = last[at];
  }
}

// Four of the logit's weights.
fn logit_weights(k: u32) -> vec4<f32> {
  return vec4<f32>(logit[4u * k], logit[4u * k + 1u], logit[4u * k + 2u], logit[4u * k + 3u]);
}

fn head_of(place: Place) -> Head {
  var low = row_of(256u);
  var high = row_of(260u);
  let at = params.source + (place.image * positions() + place.position) * 8u;
  for (var k = 0u; k < 8u; k++) {
    let x = relu(stream[at + k]);
    add_rows(&low, x, k * 32u, 8u);
    add_rows(&high, x, k * 32u + 4u, 8u);
  }
  low = Four(relu(low.a), relu(low.b), relu(low.c), relu(low.d));
  high = Four(relu(high.a), relu(high.b), relu(high.c), relu(high.d));
  var sum = logit[32];
  sum += dot(low.a, logit_weights(0u)) + dot(low.b, logit_weights(1u));
  sum += dot(low.c, logit_weights(2u)) + dot(low.d, logit_weights(3u));
  sum += dot(high.a, logit_weights(4u)) + dot(high.b, logit_weights(5u));
  sum += dot(high.c, logit_weights(6u)) + dot(high.d, logit_weights(7u));
  return Head(low, high, sum);
}
