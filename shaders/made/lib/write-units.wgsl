// The epilogue of a hidden layer: relu(bias + sum) of a tile into `units`.

@group(0) @binding(4) var<storage, read> bias: array<f32>; // [hidden]
@group(0) @binding(5) var<storage, read_write> units: array<f32>; // [orders, images, hidden]

fn write_units(tile: Tile, sum: ptr<function, Sums>, thread: u32) {
  for (var half = 0u; half < halves(); half++) {
    stash(sum, half, thread);
    for (var own = 0u; own < own_rows(); own++) {
      let image = tile.image + own_row(thread) + own;
      let four = stashed(own, thread);
      for (var c = 0u; c < 4u; c++) {
        let unit = tile.column + own_column(half, thread) + c;
        if (image < params.images && unit < params.hidden) {
          units[row_of(tile.order, image) * params.hidden + unit] = max(0.0, bias[unit] + four[c]);
        }
      }
    }
  }
}
