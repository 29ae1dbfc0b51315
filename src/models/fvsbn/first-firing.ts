/**
 * Sampling by first firing: a pixel that stays off adds nothing to any logit. So, with the logits of all pixels kept up to date, the next
 * pixel to turn on is the first one from the cursor on whose logit lies above temperature * logit(u); those between stay off
 * without being decided one by one. It draws the same images as ancestral sampling.
 */
import { blankImages, pixelCount } from '../../data/images.ts';
import { randomWords, Stream, streamKey, uniform } from '../../data/rng.ts';
import type { CpuIterativeSampler, Model, SampleRequest } from '../types.ts';
import { Blocks } from './blocks.ts';

export function firstFiring(
  model: Model,
  { seed, indices, temperature }: SampleRequest,
): CpuIterativeSampler {
  const n = pixelCount(model.grid);
  const blocks = new Blocks(model);
  const images = blankImages(model.grid, indices.length);
  const finished = new Uint32Array(indices.length);
  const taken = new Uint32Array(indices.length);
  const cursors = new Int32Array(indices.length);
  // Logit less threshold of every pixel, [count, n].
  const excess = new Float64Array(indices.length * n);
  const words = new Uint32Array(n);

  function begin(m: number): void {
    randomWords(seed, streamKey(Stream.sample), indices[m], words);
    for (let i = 0; i < n; i++) {
      const u = uniform(words[i]);
      excess[m * n + i] = model.tensors.bias[i] - temperature * Math.log(u / (1 - u));
    }
  }

  return {
    finished,
    images,
    advance(iterations) {
      for (let m = 0; m < indices.length; m++) {
        if (finished[m] > 0) continue;
        const own = m * n;
        if (taken[m] === 0) begin(m);
        for (let k = 0; k < iterations && finished[m] === 0; k++) {
          let i = cursors[m];
          while (i < n && excess[own + i] <= 0) i++;
          taken[m]++;
          if (i === n) {
            finished[m] = taken[m];
            continue;
          }
          images.words[m * blocks.stride + (i >> 5)] |= 1 << (i & 31);
          blocks.push(excess, own, i, n);
          cursors[m] = i + 1;
        }
      }
    },
  };
}
