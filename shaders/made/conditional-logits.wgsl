// The logits of p_o(x_i = 1 | pixels before it) in the order o in which the image is likeliest.
// Reference: logits in src/models/made/reference.ts. Grid and inputs: made/lib/logits.wgsl.
#include "made/lib/logits.wgsl"

@group(0) @binding(5) var<storage, read> best: array<u32>; // [images], an order
@group(0) @binding(6) var<storage, read_write> out: array<f32>; // [all_images, pixels]

@compute @workgroup_size(threads)
fn conditional_logits(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tile_of(workgroup.x + params.first_workgroup, params.pixels);
  var sum = weighted(tile, thread);
  for (var half = 0u; half < halves(); half++) {
    stash(&sum, half, thread);
    for (var own = 0u; own < own_rows(); own++) {
      let image = tile.image + own_row(thread) + own;
      if (image >= params.images || best[image] != tile.order) {
        continue;
      }
      let four = stashed(own, thread);
      for (var c = 0u; c < 4u; c++) {
        let place = tile.column + own_column(half, thread) + c;
        if (place < params.pixels) {
          let pixel = pixel_of(tile.order, place);
          let logit = base[row_of(tile.order, image) * params.pixels + place] + four[c];
          out[(params.first_image + image) * params.pixels + pixel] = logit;
        }
      }
    }
  }
}
