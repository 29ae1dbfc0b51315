/** p(unknown | known) by enumeration of all completions. */
import { Categorical } from '../../../data/categorical.ts';
import { MAX_ENUMERATED_PIXELS } from '../../../data/enumerate.ts';
import { type Evidence, unknownPixels } from '../../../data/known-pixels.ts';
import { getPixel, type PackedImages, setPixel } from '../../../data/images.ts';
import { indexRange, Stream, streamKey } from '../../../data/rng.ts';
import { type ExactSamples, place, repeated, type DrawRequest, type Work } from './work.ts';

/** All completions, numbered: completion c has bit b of c at the unknown pixel number b. */
export class Enumeration {
  readonly #evidence: Evidence;
  readonly #unknown: Uint32Array;
  /** 2^unknown */
  readonly size: number;

  /** Throws RangeError where more than 16 pixels are unknown. */
  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    this.#unknown = unknownPixels(evidence);
    if (this.#unknown.length > MAX_ENUMERATED_PIXELS)
      throw new RangeError(
        `known: ${this.#unknown.length} unknown pixels cannot be listed; at most ${MAX_ENUMERATED_PIXELS}`,
      );
    this.size = 2 ** this.#unknown.length;
  }

  /** The images of some completions, [count]. */
  images(indices: Uint32Array): PackedImages {
    const images = repeated(this.#evidence, indices.length);
    indices.forEach((index, m) =>
      this.#unknown.forEach((pixel, bit) => (index >> bit) & 1 && setPixel(images, m, pixel, 1)),
    );
    return images;
  }

  /** The number of each image, [count]. */
  indicesOf(images: PackedImages): Uint32Array<ArrayBuffer> {
    return Uint32Array.from({ length: images.count }, (_, m) =>
      this.#unknown.reduce((index, pixel, bit) => index | (getPixel(images, m, pixel) << bit), 0),
    );
  }

  /** log p of every completion in nats, [size]. `onPart` gets the share that is done. */
  async logLikelihood(work: Work, onPart: (done: number) => void): Promise<Float64Array<ArrayBuffer>> {
    const all = new Float64Array(this.size);
    await work.inPieces(this.size, async (first, count) => {
      const images = this.images(indexRange(first, count));
      all.set(await work.evaluate((evaluator) => evaluator.logLikelihood(images)), first);
      onPart((first + count) / this.size);
    });
    return all;
  }
}

/** Draws from the enumerated distribution. `logMarginal` is log p(known) in nats. */
export async function drawEnumerated(
  work: Work,
  evidence: Evidence,
  { seed, count }: DrawRequest,
): Promise<ExactSamples> {
  const enumeration = new Enumeration(evidence);
  const images = repeated(evidence, count);
  const logs = await enumeration.logLikelihood(work, (done) => work.show(images, evidence, done));
  const table = new Categorical(logs);
  const indices = table.draw(seed, streamKey(Stream.completion), indexRange(0, count));
  await work.inPieces(count, (first, some) => {
    place(images, enumeration.images(indices.subarray(first, first + some)), first);
    return Promise.resolve();
  });
  return { images, logMarginal: table.logTotal };
}
