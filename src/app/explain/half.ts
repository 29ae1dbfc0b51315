/** How few pixels, those of the largest cost, make up half of -log p. `surprise` is -log p(x_i | the pixels before) in nats, [n]. */
export function pixelsOfHalf(surprise: Float32Array): number {
  const costs = surprise.toSorted((a, b) => b - a);
  const half = costs.reduce((sum, nats) => sum + nats, 0) / 2;
  let sum = 0;
  let pixels = 0;
  while (pixels < costs.length && sum < half) sum += costs[pixels++];
  return pixels;
}
