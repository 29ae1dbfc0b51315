import { randomWords, Stream, streamKey, uniform } from '../../data/rng.ts';
import { logSoftmax } from './math.ts';
import type { SampleRequest } from '../sampling.ts';

/**
 * The component of every image of a request, [count]: the first whose cumulated probability exceeds the image's uniform
 * number. Both backends call this: f32 sums could put an image on the other side of a boundary and so change all of it.
 */
export function drawComponents(
  weight: Float32Array,
  { seed, indices, temperature }: SampleRequest,
): Uint32Array<ArrayBuffer> {
  let sum = 0;
  const tempered = logSoftmax(Float64Array.from(weight, (w) => w / temperature));
  const cumulated = tempered.map((logWeight) => (sum += Math.exp(logWeight)));
  const word = new Uint32Array(1);
  return indices.map((index) => {
    randomWords(seed, streamKey(Stream.component), index, word);
    const u = uniform(word[0]);
    const component = cumulated.findIndex((most) => u < most);
    // Rounding may leave the sum of all a little below 1.
    return component < 0 ? weight.length - 1 : component;
  });
}
