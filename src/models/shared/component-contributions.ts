import { getPixel } from '../../data/images.ts';
import type { KnownPixels } from '../../data/known-pixels.ts';
import { logBernoulli, logSumExp } from './math.ts';

/**
 * What every known pixel adds to log p(known) of a mixture: log p(x_i | the known pixels before i in `order`) in nats, [n], 0 at unknown ones. The
 * components answer one after the other, `logits(k)` being asked for pixel after pixel and told what came, and each known pixel is then
 *
 *   log sum_k p(k, known up to i) - log sum_k p(k, known before i).
 *
 * `logWeights` is log p(k), [K].
 */
export function componentContributions(
  { image, known }: KnownPixels,
  order: Uint32Array,
  logWeights: Float64Array,
  logits: (k: number) => (pixel: number, x: number) => number,
): Float64Array<ArrayBuffer> {
  const K = logWeights.length;
  const pixels = order.filter((pixel) => getPixel(known, 0, pixel));
  /** log p(x_i | k, the known pixels before i), [known pixels, K] */
  const nats = new Float64Array(pixels.length * K);
  for (let k = 0; k < K; k++) {
    const logit = logits(k);
    pixels.forEach((pixel, t) => {
      const x = getPixel(image, 0, pixel);
      nats[t * K + k] = logBernoulli(x, logit(pixel, x));
    });
  }
  const contributions = new Float64Array(order.length);
  const joint = logWeights.slice();
  let total = logSumExp(joint);
  pixels.forEach((pixel, t) => {
    for (let k = 0; k < K; k++) joint[k] += nats[t * K + k];
    const now = logSumExp(joint);
    contributions[pixel] = now - total;
    total = now;
  });
  return contributions;
}
