/** p(unknown | known) written down: every way to go on from the known pixels, one by one. */
import { Categorical } from '../../../data/categorical.ts';
import { MAX_ENUMERATED_PIXELS } from '../../../data/enumerate.ts';
import { type Evidence, unknownPixels } from '../../../data/known-pixels.ts';
import { getPixel, type PackedImages, setPixel } from '../../../data/images.ts';
import { indexRange, Stream, streamKey } from '../../../data/rng.ts';
import { type ExactDrawing, place, repeated, type Wanted, type Work } from './work.ts';

/** Every way to go on, numbered: way w has bit b of w at the unknown pixel number b. */
export class Listing {
  readonly #evidence: Evidence;
  readonly #unknown: Uint32Array;
  /** 2^unknown */
  readonly ways: number;

  /** Throws RangeError where more than 16 pixels are unknown. */
  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    this.#unknown = unknownPixels(evidence);
    if (this.#unknown.length > MAX_ENUMERATED_PIXELS)
      throw new RangeError(
        `known: ${this.#unknown.length} unknown pixels cannot be listed; at most ${MAX_ENUMERATED_PIXELS}`,
      );
    this.ways = 2 ** this.#unknown.length;
  }

  /** The images of some ways, [count]. */
  images(ways: Uint32Array): PackedImages {
    const images = repeated(this.#evidence, ways.length);
    ways.forEach((way, m) =>
      this.#unknown.forEach((pixel, bit) => (way >> bit) & 1 && setPixel(images, m, pixel, 1)),
    );
    return images;
  }

  /** Which way each image goes, [count]. */
  waysOf(images: PackedImages): Uint32Array<ArrayBuffer> {
    return Uint32Array.from({ length: images.count }, (_, m) =>
      this.#unknown.reduce((way, pixel, bit) => way | (getPixel(images, m, pixel) << bit), 0),
    );
  }

  /** log p of every way with the known pixels, in nats, [ways]. `onPart` hears the share that is done. */
  async logLikelihood(work: Work, onPart: (done: number) => void): Promise<Float64Array<ArrayBuffer>> {
    const all = new Float64Array(this.ways);
    await work.inPieces(this.ways, async (first, count) => {
      const images = this.images(indexRange(first, count));
      all.set(await work.evaluate((evaluator) => evaluator.logLikelihood(images)), first);
      onPart((first + count) / this.ways);
    });
    return all;
  }
}

/** Draws from the list. `logMarginal` is log p(known) in nats. */
export async function drawListed(
  work: Work,
  evidence: Evidence,
  { seed, count }: Wanted,
): Promise<ExactDrawing> {
  const listing = new Listing(evidence);
  const blank = repeated(evidence, count);
  const logs = await listing.logLikelihood(work, (done) => work.show(blank, evidence, done));
  const table = new Categorical(logs);
  const ways = table.draw(seed, streamKey(Stream.completion), indexRange(0, count));
  await work.inPieces(count, (first, some) => {
    place(blank, listing.images(ways.subarray(first, first + some)), first);
    return Promise.resolve();
  });
  return { images: blank, logMarginal: table.logTotal };
}
