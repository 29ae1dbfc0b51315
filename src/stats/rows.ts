/** Values measured on many images, one row each. */
export interface Rows {
  readonly count: number;
  readonly width: number;
  /** [count, width] */
  readonly values: Float32Array;
}

/** Mean and standard deviation of every column, [width] each, in f64; zeros where there are no rows. */
export function moments({ count, width, values }: Rows): {
  readonly means: Float64Array<ArrayBuffer>;
  readonly deviations: Float64Array<ArrayBuffer>;
} {
  const means = new Float64Array(width);
  const squares = new Float64Array(width);
  if (count === 0) return { means, deviations: squares };
  for (let at = 0; at < values.length; at++) means[at % width] += values[at];
  for (let k = 0; k < width; k++) means[k] /= count;
  for (let at = 0; at < values.length; at++) squares[at % width] += (values[at] - means[at % width]) ** 2;
  return { means, deviations: squares.map((sum) => Math.sqrt(sum / count)) };
}
