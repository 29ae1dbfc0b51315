// Arithmetic on `weights` and on the workgroup's `room` while sampling. Included by sample, which declares both.
#include "lib/packed-weights.wgsl"

fn elu(f: vec4<f32>) -> vec4<f32> {
  return select(exp(min(f, vec4<f32>())) - 1.0, f, f > vec4<f32>());
}

fn bounded(f: vec4<f32>) -> vec4<f32> {
  return clamp(f, vec4<f32>(-bound), vec4<f32>(bound));
}

fn room_at(at: u32) -> vec4<f32> {
  return vec4<f32>(room[at], room[at + 1u], room[at + 2u], room[at + 3u]);
}

// The sums of 4 shares of 4 of 32 numbers.
fn of_four(at: u32) -> vec4<f32> {
  return (room_at(at) + room_at(at + 32u)) + (room_at(at + 64u) + room_at(at + 96u));
}

// Rows `at`, at + stride, ... of one column of weights times f.
fn column_product(f: vec4<f32>, at: u32, stride: u32) -> f32 {
  return f.x * weight(at) + f.y * weight(at + stride)
    + (f.z * weight(at + 2u * stride) + f.w * weight(at + 3u * stride));
}
