import { MAX_ENUMERATED_PIXELS } from './enumerate.ts';
import { getPixel, type PackedImages, repeatImage, setPixel } from './images.ts';
import { type KnownPixels, unknownPixels } from './known-pixels.ts';

/** All completions of one image, numbered: completion c has bit b of c at the unknown pixel number b. */
export class AllCompletions {
  readonly #image: PackedImages;
  readonly #unknown: Uint32Array;
  /** 2^unknown */
  readonly count: number;

  /** Throws RangeError where more than 16 pixels are unknown. */
  constructor(knownPixels: KnownPixels) {
    this.#image = knownPixels.image;
    this.#unknown = unknownPixels(knownPixels);
    if (this.#unknown.length > MAX_ENUMERATED_PIXELS)
      throw new RangeError(
        `known: ${this.#unknown.length} unknown pixels cannot be listed; at most ${MAX_ENUMERATED_PIXELS}`,
      );
    this.count = 2 ** this.#unknown.length;
  }

  /** The images of some completions, [count]. */
  images(indices: Uint32Array): PackedImages {
    const images = repeatImage(this.#image, indices.length);
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
}
