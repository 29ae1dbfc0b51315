// The epilogue of score and delta: log p_o of a tile's places, summed for every image. The including kernel declares whether a place
// is on, as a bit or as a soft target, and what it keeps of every place:
//   fn ink_of(order: u32, image: u32, place: u32) -> f32
//   fn keep(row: u32, place: u32, logit: f32, ink: f32)     row: of this order and image

@group(0) @binding(6) var<storage, read_write> parts: array<f32>; // [orders, tiles of places, images]

var<workgroup> row_sums: array<f32, 512>; // [images of the tile, 8 threads of columns]

// To be called for every row and half of a thread, the low half of all rows first.
fn add_log_likelihood(own: u32, half: u32, nats: f32, thread: u32) {
  let slot = (own_row(thread) + own) * 8u + (thread & 7u);
  row_sums[slot] = nats + select(row_sums[slot], 0.0, half == 0u);
}

// Barrier inside: to be called by every thread of the workgroup.
fn write_parts(tile: Tile, thread: u32) {
  workgroupBarrier();
  let image = tile.image + thread;
  if (thread < tile_rows && image < params.images) {
    var sum = 0.0;
    for (var column = 0u; column < 8u; column++) {
      sum += row_sums[thread * 8u + column];
    }
    let tiles = (params.pixels + tile_columns - 1u) / tile_columns;
    parts[(tile.order * tiles + tile.column / tile_columns) * params.images + image] = sum;
  }
}

// Barriers inside: to be called by every thread of the workgroup.
fn write_likelihood(workgroup: u32, thread: u32) {
  let tile = tile_of(workgroup, params.pixels);
  var sum = weighted(tile, thread);
  for (var half = 0u; half < halves(); half++) {
    stash(&sum, half, thread);
    for (var own = 0u; own < own_rows(); own++) {
      let image = tile.image + own_row(thread) + own;
      let four = stashed(own, thread);
      var nats = 0.0;
      for (var c = 0u; c < 4u; c++) {
        let place = tile.column + own_column(half, thread) + c;
        if (image < params.images && place < params.pixels) {
          let row = row_of(tile.order, image);
          let logit = base[row * params.pixels + place] + four[c];
          let ink = ink_of(tile.order, image, place);
          nats += expected_log_bernoulli(logit, ink);
          keep(row, place, logit, ink);
        }
      }
      add_log_likelihood(own, half, nats, thread);
    }
  }
  write_parts(tile, thread);
}
