/** A matrix or a part of one: row r begins at values[first + r * stride]. With stride 0 every row is the same. */
export interface Matrix {
  values: Float32Array;
  first: number;
  stride: number;
}

/** Lists of rows: that of r is indices[starts[r]] .. indices[starts[r + 1] - 1]. */
export interface RowLists {
  readonly starts: Int32Array;
  readonly indices: Int32Array;
}
