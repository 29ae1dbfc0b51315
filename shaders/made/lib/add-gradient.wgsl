// The epilogue of a gradient of weights between places and hidden units: a tile of one order's sums, where `joined` says that
// the order joins the two. The first order writes, further ones add. The including kernel declares
//   gradient, [pixels, hidden]
//   fn joined(place: u32, unit: u32) -> bool

fn add_gradient(corner: vec2<u32>, sum: ptr<function, Sums>, thread: u32) {
  for (var half = 0u; half < halves(); half++) {
    stash(sum, half, thread);
    for (var own = 0u; own < own_rows(); own++) {
      let place = corner.x + own_row(thread) + own;
      let four = stashed(own, thread);
      for (var c = 0u; c < 4u; c++) {
        let unit = corner.y + own_column(half, thread) + c;
        if (place < params.pixels && unit < params.hidden) {
          let at = pixel_of(params.order, place) * params.hidden + unit;
          let before = select(gradient[at], 0.0, params.order == 0u);
          gradient[at] = before + select(0.0, four[c], joined(place, unit));
        }
      }
    }
  }
}
