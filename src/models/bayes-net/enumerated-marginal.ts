import { Categorical } from '../../data/categorical.ts';
import { allImages } from '../../data/enumerate.ts';
import { unknownPixels } from '../../data/known-pixels.ts';
import { blankImages, pixelCount } from '../../data/images.ts';
import { Stream, streamKey } from '../../data/rng.ts';
import { logSumExp } from '../shared/math.ts';
import { PLAIN } from '../shared/work.ts';
import type { FamilyMarginal } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import { openCpu } from './cpu.ts';

/** Marginals of a network of at most 16 pixels: sums over the table of all its images. */
export function listedMarginal(model: Model): FamilyMarginal {
  let listed: Float64Array | null = null;
  /** log p of image number x, [2^n]. An image of such a grid is one word, which is its number. */
  const table = () => (listed ??= openCpu(model).logLikelihood(allImages(model.grid)));
  const full = 2 ** pixelCount(model.grid) - 1;

  /** log p of every way to go on from the known pixels `seen`, [2^unknown], and the images themselves. */
  const waysOn = (seen: number, unknown: number) => {
    const images: number[] = [];
    // Every subset of the unknown pixels, ascending.
    let subset = 0;
    do {
      images.push(seen | subset);
      subset = (subset - unknown) & unknown;
    } while (subset !== 0);
    return { images, logs: Float64Array.from(images, (x) => table()[x]) };
  };

  return {
    how: `by summing over all 2^${pixelCount(model.grid)} images of its table`,
    logMarginal(images, { words: [known] }) {
      const sums = new Map<number, number>();
      return Float64Array.from({ length: images.count }, (_, m) => {
        const seen = images.words[m] & known;
        const sum = sums.get(seen) ?? logSumExp(waysOn(seen, full & ~known).logs);
        sums.set(seen, sum);
        return sum;
      });
    },
    work: (known) => ({
      marginal: 2 ** unknownPixels({ known }).length,
      conditionals: PLAIN * pixelCount(model.grid),
    }),
    complete({ given, seed, indices }) {
      const [known] = given.known.words;
      const { images, logs } = waysOn(given.image.words[0] & known, full & ~known);
      const drawn = new Categorical(logs).draw(seed, streamKey(Stream.completion), indices);
      const completed = blankImages(model.grid, indices.length);
      drawn.forEach((way, m) => (completed.words[m] = images[way]));
      return completed;
    },
  };
}
