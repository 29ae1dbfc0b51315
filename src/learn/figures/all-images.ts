/** A distribution over all images of a small grid, as a row of bars. */
export interface Series {
  readonly name: string;
  /** Probability of every image, [2^n]. */
  readonly p: ArrayLike<number>;
  readonly tone: 'ink' | 'accent' | 'blue';
}

/** The images' numbers from left to right: the likeliest of `p` first, or by their numbers where `p` is null. */
export function orderOf(p: ArrayLike<number> | null, images: number): number[] {
  const numbers = Array.from({ length: images }, (_, image) => image);
  return p ? numbers.sort((a, b) => p[b] - p[a] || a - b) : numbers;
}

export function sumOf(p: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += p[i];
  return sum;
}

export function largestOf(p: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < p.length; i++) most = Math.max(most, p[i]);
  return most;
}

/** SVG path of one bar an image, on `width` by `height`, where `top` reaches the full height; without gaps where there are many. */
export function barsOf(
  p: ArrayLike<number>,
  order: readonly number[],
  top: number,
  width: number,
  height: number,
): string {
  const step = width / order.length;
  const gap = order.length <= 64 ? step * 0.2 : 0;
  let path = '';
  order.forEach((image, i) => {
    const up = (p[image] / top) * height;
    if (up > 0)
      path += `M${(i * step + gap / 2).toFixed(2)} ${height}V${(height - up).toFixed(2)}h${(step - gap).toFixed(2)}V${height}Z`;
  });
  return path;
}
