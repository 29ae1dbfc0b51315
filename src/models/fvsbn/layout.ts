/**
 * Where row j of the packed weights begins: offset(j) = j (n - 1) - j (j - 1) / 2, so that the weight from input
 * pixel j to output pixel i > j is `weight[offset(j) + i - j - 1]`.
 */
export function rowOffset(n: number, j: number): number {
  return j * (n - 1) - (j * (j - 1)) / 2;
}

/**
 * `[n] i32`: `bases[j] + i` is the place of the weight from j to i, for every i > j. The first is -1, because
 * pixel 0 has no weight to itself.
 */
export function rowBases(n: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: n }, (_, j) => rowOffset(n, j) - j - 1);
}
