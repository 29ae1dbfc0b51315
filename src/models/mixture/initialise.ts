import type { Grid } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';
import { Stream, streamKey, threefry2x32, uniform } from '../../data/rng.ts';
import { logBernoulli, logit, logSoftmax } from '../shared/math.ts';
import type { Hyper, Tensors } from '../model.ts';

/** How far a component starts from the pixel means: at 1 they no longer matter. */
const SPREAD = 0.5;

/**
 * Equal components would stay equal: every one starts at the pixel means mixed with uniform numbers of its own. Some of them
 * then lie nearer to all images than others and would take them all, so weights start where the average image is equally
 * likely under every component.
 */
export function initialise(grid: Grid, hyper: Hyper, pixelMeans: Float64Array, seed: number): Tensors {
  const { components: K } = hyper;
  const pair = new Uint32Array(2);
  const average = new Float64Array(K);
  const table = Float32Array.from({ length: pixelCount(grid) * K }, (_, at) => {
    const mean = pixelMeans[Math.floor(at / K)];
    threefry2x32(seed | 0, streamKey(Stream.initialise), at, 0, pair);
    const z = logit((1 - SPREAD) * mean + SPREAD * uniform(pair[0]));
    average[at % K] += mean * logBernoulli(1, z) + (1 - mean) * logBernoulli(0, z);
    return z;
  });
  return { weight: Float32Array.from(logSoftmax(average.map((nats) => -nats))), logit: table };
}
