// Where the pixels of the piece have their rows. A position is image * pixels + pixel.

@group(0) @binding(1) var<storage, read> places: array<u32>; // [positions + 1], 2 * active positions before + 1 where active

fn active_rows() -> u32 {
  return places[capacity()] >> 1u;
}

// Rows of the net that works.
fn row_count() -> u32 {
  return select(active_rows(), capacity() - active_rows(), params.quiet == 1u);
}

// The row of the first position from `position` on that belongs to the net that works.
fn row_from(position: u32) -> u32 {
  let active_before = places[position] >> 1u;
  return select(active_before, position - active_before, params.quiet == 1u);
}

// Whether the position itself has that row.
fn has_row(position: u32) -> bool {
  return (places[position] & 1u) != params.quiet;
}
