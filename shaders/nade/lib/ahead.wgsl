// Looking ahead: the next pixel that turns on, under hidden units that stay as they are. The threads are spread over the pixels and,
// for each of them, over the units: every thread adds up its part of one logit b_i + V_i . h, and then one thread a pixel adds the parts.
// The including kernel declares `params`, `bias`, `output`, and
//   fn threshold(image: u32, pixel: u32) -> f32     the least logit with which a pixel turns on
// Reference: dotRun in src/models/nade/products.ts.
#include "nade/lib/how-far.wgsl"
#include "nade/lib/units.wgsl"

var<workgroup> parts: array<f32, 128>; // [pixels, parts]
var<workgroup> firing: array<u32, 16>; // [pixels]: its number where it turns on, else the end

// The first of `ahead` pixels from `cursor` on whose logit lies above its threshold; `end` where none before it does.
// Three barriers inside: to be called by every thread of the workgroup.
fn first_firing(image: u32, cursor: u32, ahead: u32, end: u32, thread: u32) -> u32 {
  let count = threads / ahead;
  let own = cursor + thread / count;
  if (own < end) {
    var sum = vec4<f32>();
    for (var chunk = thread % count; chunk < params.chunks; chunk += count) {
      let v = output_eight(own, chunk);
      sum += units[2u * chunk] * v.low + units[2u * chunk + 1u] * v.high;
    }
    parts[thread] = (sum.x + sum.y) + (sum.z + sum.w);
  }
  workgroupBarrier();
  if (thread < many_ahead) {
    firing[thread] = end;
    let pixel = cursor + thread;
    if (thread < ahead && pixel < end) {
      var logit = bias[pixel];
      for (var part = 0u; part < count; part++) {
        logit += parts[thread * count + part];
      }
      firing[thread] = select(end, pixel, logit > threshold(image, pixel));
    }
  }
  let found = workgroupUniformLoad(&firing);
  let half = min(vec4<u32>(found[0], found[1], found[2], found[3]), vec4<u32>(found[4], found[5], found[6], found[7]));
  let rest = min(vec4<u32>(found[8], found[9], found[10], found[11]), vec4<u32>(found[12], found[13], found[14], found[15]));
  let first = min(half, rest);
  return min(min(first.x, first.y), min(first.z, first.w));
}
