import type { Binarisation } from './binarisation.ts';
import { cleanText } from './clean-text.ts';
import { blankImages, pixelCount, wordsPerImage } from './images.ts';
import type { GreyImages, PackedImages } from './images.ts';
import { fail, ok } from './result.ts';
import type { Result } from './result.ts';
import { Stream, streamKey, threefry2x32 } from './rng.ts';

/**
 * Grey images to bits, `[count, n] u8` to packed. A pixel of a stochastic or dynamic draw is on where
 * `(word >>> 8) * 255 < grey * 2^24`, both sides below 2^32: whole numbers only, so that a shader draws the
 * same bits. Grey 0 is always off and 255 always on. `word` is the random word of (seed, binarise stream of
 * the epoch, index of the image in its data set, pixel). Only dynamic binarisation looks at `epoch`.
 *
 * Throws RangeError where `none` meets a pixel that is neither off nor on: ask `checkBinarisation` first.
 */
export function binarise(images: GreyImages, b: Binarisation, epoch = 0): PackedImages {
  const packed = blankImages(images.grid, images.count);
  const write = rowWriter(images, packed, b, epoch);
  for (let image = 0; image < images.count; image++) write(image, image);
  return packed;
}

/**
 * The rows named by `indices`, with exactly the bits that `binarise` gives them: what is drawn depends on an
 * image's index in the data set, not on the batch. `random` draws the same bits faster, where there is one. Throws as `binarise` does, and for
 * an index out of range.
 */
export function binariseRows(
  images: GreyImages,
  indices: ArrayLike<number>,
  b: Binarisation,
  epoch = 0,
  random?: RandomBits | null,
): PackedImages {
  const packed = blankImages(images.grid, indices.length);
  const write = rowWriter(images, packed, b, epoch, random);
  for (let row = 0; row < indices.length; row++) {
    const image = indices[row];
    if (!(image >= 0 && image < images.count))
      throw new RangeError(`indices: ${image} is outside 0 to ${images.count - 1}`);
    write(image, row);
  }
  return packed;
}

/** The binarisation of a kind; the seed counts where bits are drawn. */
export function binarisationOf(kind: Binarisation['kind'], seed: number): Binarisation {
  return kind === 'stochastic' || kind === 'dynamic' ? { kind, seed } : { kind };
}

/** For grey images, where `b` may be that of images that were bits already: those have none to apply, and are thresholded. */
export function greyBinarisation(b: Binarisation): Binarisation {
  return b.kind === 'none' ? { kind: 'threshold' } : b;
}

/** One sentence naming the first pixel that this binarisation refuses; null where all is well. */
export function checkBinarisation(images: GreyImages, b: Binarisation): string | null {
  if (b.kind !== 'none') return null;
  const at = images.pixels.findIndex((grey) => grey > 1 && grey !== 255);
  if (at < 0) return null;
  const n = pixelCount(images.grid);
  return refusal(images.pixels[at], Math.floor(at / n), at % n);
}

/** Shown beside every number that depends on it: "stochastic, seed 0". */
export function describeBinarisation(b: Binarisation): string {
  switch (b.kind) {
    case 'threshold':
      return 'threshold 0.5';
    case 'none':
      return 'none';
    case 'stochastic':
    case 'dynamic':
      return `${b.kind}, seed ${b.seed}`;
  }
}

/** Reads `threshold`, `none`, `stochastic:SEED` or `dynamic:SEED`; the seed is a whole number below 2^32. */
export function parseBinarisation(text: string): Result<Binarisation> {
  if (text === 'threshold' || text === 'none') return ok({ kind: text });
  const match = /^(stochastic|dynamic):(.*)$/s.exec(text);
  if (!match)
    return fail(
      `binarisation: "${cleanText(text, 40)}" is none of threshold, none, stochastic:SEED, dynamic:SEED (SEED a whole number)`,
    );
  const kind = match[1] === 'dynamic' ? 'dynamic' : 'stochastic';
  const seed = Number(match[2]);
  if (!/^\d{1,10}$/.test(match[2]) || seed > 0xffffffff)
    return fail(
      `binarisation: the seed of "${cleanText(text, 40)}" is not a whole number from 0 to 4294967295`,
    );
  return ok({ kind, seed });
}

/** The text that `parseBinarisation` reads back. */
export function formatBinarisation(b: Binarisation): string {
  return b.kind === 'threshold' || b.kind === 'none' ? b.kind : `${b.kind}:${b.seed}`;
}

/** Stochastic bits of an image in another way than here: by src/simd/wasm-random.ts. */
export interface RandomBits {
  /**
   * Begins with the bits of the n pixels whose grey levels begin at pixels[from], by the random words of (seed, key, index): pixel i is bit i & 31 of
   * word i >> 5, and the bits behind the last are 0.
   */
  bits(pixels: Uint8Array, from: number, n: number, seed: number, key: number, index: number): Uint32Array;
}

/** Writes image `image` of the data set into row `row` of the packed images, whose words are still zero. */
type RowWriter = (image: number, row: number) => void;

function rowWriter(
  images: GreyImages,
  packed: PackedImages,
  b: Binarisation,
  epoch: number,
  random?: RandomBits | null,
): RowWriter {
  const n = pixelCount(images.grid);
  const stride = wordsPerImage(images.grid);
  const { pixels } = images;
  const { words } = packed;
  if (b.kind === 'threshold') {
    return (image, row) => {
      for (let pixel = 0, from = image * n, to = row * stride; pixel < n; pixel++)
        words[to + (pixel >> 5)] |= (pixels[from + pixel] >>> 7) << (pixel & 31);
    };
  }
  if (b.kind === 'none') {
    // 1 counts as on beside 255, for files that store bits as 0 and 1. A grey image is still refused: its
    // edges hold other levels.
    return (image, row) => {
      for (let pixel = 0, from = image * n, to = row * stride; pixel < n; pixel++) {
        const grey = pixels[from + pixel];
        if (grey > 1 && grey !== 255) throw new RangeError(refusal(grey, image, pixel));
        words[to + (pixel >> 5)] |= (grey & 1) << (pixel & 31);
      }
    };
  }
  const seed = b.seed | 0;
  const key = streamKey(Stream.binarise, b.kind === 'dynamic' ? epoch : 0);
  if (random) {
    return (image, row) => {
      const bits = random.bits(pixels, image * n, n, seed, key, image);
      for (let w = 0; w < stride; w++) words[row * stride + w] = bits[w];
    };
  }
  const pair = new Uint32Array(2);
  return (image, row) => {
    const from = image * n;
    const to = row * stride;
    for (let pixel = 0; pixel < n; pixel += 2) {
      const first = pixels[from + pixel];
      const second = pixel + 1 < n ? pixels[from + pixel + 1] : 0;
      // Most pairs are 0 or 255 throughout: their bits are known without drawing.
      let bits: number;
      if ((first === 0 || first === 255) && (second === 0 || second === 255)) {
        bits = (first & 1) | (second & 2);
      } else {
        threefry2x32(seed, key, image, pixel >> 1, pair);
        bits =
          ((pair[0] >>> 8) * 255 < first * 16777216 ? 1 : 0) |
          ((pair[1] >>> 8) * 255 < second * 16777216 ? 2 : 0);
      }
      // A pair never straddles two words: it starts at an even pixel.
      words[to + (pixel >> 5)] |= bits << (pixel & 31);
    }
  };
}

function refusal(grey: number, image: number, pixel: number): string {
  return `pixels: image ${image} holds grey level ${grey} at pixel ${pixel}, but binarisation "none" takes 0 and 255 (or 0 and 1) only`;
}
