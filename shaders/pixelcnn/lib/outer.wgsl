// Gradients of weights: sums over positions of input times derivative, in slices of 16 inputs by 16 outputs. A workgroup sums one
// slice over one chunk of positions; pixelcnn/gather.wgsl adds the chunks, so that the order is always the same.
// A file that includes this gives `input_of` and `d_of`, 4 numbers of a position, and `write` and `write_bias`.
//
// Grid: x = chunks * slices workgroups of 64 threads; 16 of them own 4 inputs by 4 outputs each, for every fourth position.

@group(0) @binding(9) var<storage, read_write> sums: array<f32>; // [chunks, parameters]

const threads = 64u;
const chunk_positions = 512u;
const tile = 32u;

var<workgroup> input_tile: array<vec4<f32>, 128>; // [32 positions, 4]
var<workgroup> d_tile: array<vec4<f32>, 128>; // [32 positions, 4]
var<workgroup> sum_tile: array<vec4<f32>, 320>; // [5, threads]

// Where tensors begin among the parameters.
fn down_start() -> u32 {
  return 1600u + params.block * 528u;
}

fn middle_start() -> u32 {
  return 1600u + params.blocks * 528u + params.block * 2320u;
}

fn up_start() -> u32 {
  return 1600u + params.blocks * 2848u + params.block * 544u;
}

fn last_start() -> u32 {
  return 1600u + params.blocks * 3392u;
}

fn logit_start() -> u32 {
  return last_start() + 1056u;
}

fn parameters() -> u32 {
  return logit_start() + 33u;
}

// Barriers inside: to be called by every thread of the workgroup.
fn sum_slice(slice: u32, chunk: u32, thread: u32) {
  let input_quad = (thread >> 2u) & 3u;
  let d_quad = thread & 3u;
  let group = thread >> 4u;
  var s0 = vec4<f32>();
  var s1 = vec4<f32>();
  var s2 = vec4<f32>();
  var s3 = vec4<f32>();
  var bias = vec4<f32>();
  let end = min((chunk + 1u) * chunk_positions, params.images * positions());
  for (var first = chunk * chunk_positions; first < end; first += tile) {
    for (var at = thread; at < 4u * tile; at += threads) {
      let own = first + (at >> 2u);
      var input = vec4<f32>();
      var d = vec4<f32>();
      if (own < end) {
        input = input_of(slice, own, at & 3u);
        d = d_of(slice, own, at & 3u);
      }
      input_tile[at] = input;
      d_tile[at] = d;
    }
    workgroupBarrier();
    for (var r = group; r < tile; r += 4u) {
      let input = input_tile[4u * r + input_quad];
      let d = d_tile[4u * r + d_quad];
      s0 += input.x * d;
      s1 += input.y * d;
      s2 += input.z * d;
      s3 += input.w * d;
      bias += d;
    }
    workgroupBarrier();
  }
  sum_tile[thread] = s0;
  sum_tile[64u + thread] = s1;
  sum_tile[128u + thread] = s2;
  sum_tile[192u + thread] = s3;
  sum_tile[256u + thread] = bias;
  workgroupBarrier();
  // 16 owners by 5 vectors, each the sum of 4 groups.
  for (var at = thread; at < 80u; at += threads) {
    let row = at >> 4u;
    let group_0 = row * 64u + (at & 15u);
    let sum = sum_tile[group_0] + sum_tile[group_0 + 16u] + sum_tile[group_0 + 32u] + sum_tile[group_0 + 48u];
    let input = ((at >> 2u) & 3u) * 4u + row;
    if (row < 4u) {
      write(slice, chunk, input, (at & 3u) * 4u, sum);
    } else if ((at & 15u) < 4u) {
      write_bias(slice, chunk, at * 4u - 256u, sum);
    }
  }
}

fn write_vector(at: u32, sum: vec4<f32>) {
  sums[at] = sum.x;
  sums[at + 1u] = sum.y;
  sums[at + 2u] = sum.z;
  sums[at + 3u] = sum.w;
}
