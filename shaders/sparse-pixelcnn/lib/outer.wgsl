// Gradients of weights: sums over rows of input times derivative, in slices of 32 inputs by 32 outputs. A workgroup sums one slice over one
// of 32 chunks of the rows; ops/bias-gradient.wgsl adds the chunks, so that the order is always the same.
// A file that includes this gives `input_of` and `d_of`, 4 numbers of a row, `tensor_at`, where in `sums` a slice's first output of an
// input lies, and `writes_bias`, of slices that share their derivatives that of one.
//
// Grid: x = chunks * slices workgroups of 64 threads, one for 4 inputs by 4 outputs.

const threads = 64u;
const tile_rows = 32u;
const chunks = 32u;

var<workgroup> input_tile: array<vec4<f32>, 256>; // [32 rows, 8]
var<workgroup> d_tile: array<vec4<f32>, 256>; // [32 rows, 8]

fn write_vector(at: u32, sum: vec4<f32>) {
  sums[at] = sum.x;
  sums[at + 1u] = sum.y;
  sums[at + 2u] = sum.z;
  sums[at + 3u] = sum.w;
}

// Barriers inside: to be called by every thread of the workgroup.
fn sum_slice(slice: u32, chunk: u32, count: u32, thread: u32) {
  let input_quad = thread >> 3u;
  let d_quad = thread & 7u;
  var s_0 = vec4<f32>();
  var s_1 = vec4<f32>();
  var s_2 = vec4<f32>();
  var s_3 = vec4<f32>();
  var bias = vec4<f32>();
  let tiles = (count + tile_rows - 1u) / tile_rows;
  let end = min(count, ((chunk + 1u) * tiles / chunks) * tile_rows);
  for (var first = (chunk * tiles / chunks) * tile_rows; first < end; first += tile_rows) {
    for (var at = thread; at < 256u; at += threads) {
      let row = first + (at >> 3u);
      var input = vec4<f32>();
      var d = vec4<f32>();
      if (row < end) {
        input = input_of(slice, row, at & 7u);
        d = d_of(slice, row, at & 7u);
      }
      input_tile[at] = input;
      d_tile[at] = d;
    }
    workgroupBarrier();
    for (var r = 0u; r < tile_rows; r++) {
      let input = input_tile[r * 8u + input_quad];
      let d = d_tile[r * 8u + d_quad];
      s_0 += input.x * d;
      s_1 += input.y * d;
      s_2 += input.z * d;
      s_3 += input.w * d;
      bias += d;
    }
    workgroupBarrier();
  }
  let output = d_quad * 4u;
  write_vector(tensor_at(slice, chunk, input_quad * 4u) + output, s_0);
  write_vector(tensor_at(slice, chunk, input_quad * 4u + 1u) + output, s_1);
  write_vector(tensor_at(slice, chunk, input_quad * 4u + 2u) + output, s_2);
  write_vector(tensor_at(slice, chunk, input_quad * 4u + 3u) + output, s_3);
  if (input_quad == 0u && writes_bias(slice)) {
    write_vector(bias_at(slice, chunk) + output, bias);
  }
}
