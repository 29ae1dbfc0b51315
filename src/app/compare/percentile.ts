/**
 * Share of the training digits that a model finds less likely than `logLikelihood` nats, 0 to 1. `quantiles` are
 * evenly spaced quantiles of their log p, ascending; interpolated linearly between two of them.
 */
export function shareBelow(quantiles: Float32Array, logLikelihood: number): number {
  const last = quantiles.length - 1;
  if (last < 1 || logLikelihood <= quantiles[0]) return 0;
  if (logLikelihood >= quantiles[last]) return 1;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (quantiles[middle] <= logLikelihood) low = middle;
    else high = middle;
  }
  const width = quantiles[high] - quantiles[low];
  const between = width > 0 ? (logLikelihood - quantiles[low]) / width : 0;
  return (low + between) / last;
}

/**
 * What the share means, two-sided: a high log p does not mean a digit, because most models find a blank image likelier
 * than every digit.
 */
export function judge(share: number): 'unusually unlikely' | 'typical' | 'unusually likely' {
  if (share < 0.01) return 'unusually unlikely';
  if (share > 0.99) return 'unusually likely';
  return 'typical';
}
