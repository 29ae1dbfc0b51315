// One Adam step (Kingma and Ba 2015, algorithm 1): m and v are the running means of the gradient and its square,
// theta -= rate * m_hat / (sqrt(v_hat) + epsilon). What loses digits in f32 comes from the host: gain = 1 - beta and
// correction = 1 / (1 - beta^t). The gradient is multiplied by what ops/clip.wgsl found. Then the moving average of the weights.
// Reference: openUpdate in src/engine/backends/cpu/update.ts. Grid: x = ceil(count / 256) workgroups, one thread a parameter.

struct Params {
  count: u32,
  rate: f32,
  beta_1: f32,
  beta_2: f32,
  gain_1: f32,
  gain_2: f32,
  correction_1: f32,
  correction_2: f32,
  epsilon: f32,
  averaged: u32, // 1 or 0: then there are no averages
  average_gain: f32, // 1 - decay
  first_workgroup: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>; // [count]
@group(0) @binding(2) var<storage, read_write> first_moment: array<f32>; // [count]
@group(0) @binding(3) var<storage, read_write> second_moment: array<f32>; // [count]
@group(0) @binding(4) var<storage, read_write> theta: array<f32>; // [count]
@group(0) @binding(5) var<storage, read> clip: array<f32>; // [2]: the factor, and the mean length
@group(0) @binding(6) var<storage, read_write> averages: array<f32>; // [count]

const threads = 256u;

@compute @workgroup_size(threads)
fn adam(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = (workgroup.x + params.first_workgroup) * threads + thread;
  if (i >= params.count) {
    return;
  }
  let g = clip[0] * gradient[i];
  let m = params.beta_1 * first_moment[i] + params.gain_1 * g;
  let v = params.beta_2 * second_moment[i] + params.gain_2 * g * g;
  first_moment[i] = m;
  second_moment[i] = v;
  let weight = theta[i] - params.rate * (m * params.correction_1) / (sqrt(v * params.correction_2) + params.epsilon);
  theta[i] = weight;
  if (params.averaged == 1u) {
    averages[i] += params.average_gain * (weight - averages[i]);
  }
}
