// Behind the last block: relu, 32 -> 32 channels, relu, one logit. One thread a stack.
//
// Grid: x = images * ceil(stacks of an image / 64) workgroups of 64 threads.
#include "pixelcnn/lib/stacks.wgsl"

@group(0) @binding(2) var<storage, read> stream: array<vec4<f32>>; // [.., 8, plane]
@group(0) @binding(3) var<storage, read> last: array<vec4<f32>>; // [33, 8]
@group(0) @binding(4) var<storage, read> logit: array<f32>; // [33]

// The stack of a thread of a workgroup that works for one image only. Beyond the last: `row` is params.height or more.
fn place_in_part(workgroup: u32, thread: u32) -> Place {
  let parts = (stacks_of_image() + threads - 1u) / threads;
  let at = workgroup + params.first_workgroup;
  return place_of(at / parts, (at % parts) * threads + thread);
}

// The number of the workgroup among those of its image.
fn part_of(workgroup: u32) -> u32 {
  return (workgroup + params.first_workgroup) % ((stacks_of_image() + threads - 1u) / threads);
}

fn stream_at(at: u32) -> mat4x4<f32> {
  let p = pitch();
  return mat4x4<f32>(stream[at], stream[at + p], stream[at + 2u * p], stream[at + 3u * p]);
}

// Weights of 4 inputs, columns, to 4 outputs, rows.
fn last_rows(at: u32) -> mat4x4<f32> {
  return mat4x4<f32>(last[at], last[at + 8u], last[at + 16u], last[at + 24u]);
}

// Four of the logit's weights.
fn logit_weights(k: u32) -> vec4<f32> {
  return vec4<f32>(logit[4u * k], logit[4u * k + 1u], logit[4u * k + 2u], logit[4u * k + 3u]);
}

// 16 of the last layer's 32 channels, after the relu: `half` 0 or 1.
fn last_channels(place: Place, half: u32) -> Sixteen {
  let biases = 256u + 4u * half;
  var sum = Sixteen(
    everywhere(last[biases]),
    everywhere(last[biases + 1u]),
    everywhere(last[biases + 2u]),
    everywhere(last[biases + 3u]),
  );
  for (var k = 0u; k < 8u; k++) {
    let x = relu_each(stream_at((params.source + k) * params.plane + place.at));
    let row = k * 32u + 4u * half;
    sum.a += last_rows(row) * x;
    sum.b += last_rows(row + 1u) * x;
    sum.c += last_rows(row + 2u) * x;
    sum.d += last_rows(row + 3u) * x;
  }
  return relu_all(sum);
}

// What these channels add to the logits of the 4 positions.
fn logit_share(channels: Sixteen, half: u32) -> vec4<f32> {
  return logit_weights(4u * half) * channels.a + logit_weights(4u * half + 1u) * channels.b
    + logit_weights(4u * half + 2u) * channels.c + logit_weights(4u * half + 3u) * channels.d;
}

fn logits_of(place: Place) -> vec4<f32> {
  let low = logit_share(last_channels(place, 0u), 0u);
  return vec4<f32>(logit[32]) + low + logit_share(last_channels(place, 1u), 1u);
}
