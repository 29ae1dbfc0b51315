// Which position a row belongs to.

@group(0) @binding(2) var<storage, read> rows: array<u32>; // [positions], those of active pixels first

fn position_of(row: u32) -> u32 {
  return rows[row + select(0u, active_rows(), params.quiet == 1u)];
}
