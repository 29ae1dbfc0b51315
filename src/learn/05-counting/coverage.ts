import { type PackedImages, wordsPerImage } from '../../data/images.ts';

/** For every image the place of the first one in the list with the same pixels, [count]. */
export function firstAlike(images: PackedImages): Uint32Array<ArrayBuffer> {
  const stride = wordsPerImage(images.grid);
  const first = new Map<string, number>();
  return Uint32Array.from({ length: images.count }, (_, at) => {
    const pixels = images.words.subarray(at * stride, (at + 1) * stride).join();
    const found = first.get(pixels) ?? at;
    first.set(pixels, found);
    return found;
  });
}

/** What a number of digits has filled of the table of all images, and what the digits to come meet. */
export interface Filling {
  readonly seen: number;
  /** Images among the digits seen, each counted once. */
  readonly distinct: number;
  /** Of the digits to come: how many there are, and how many of them show an image that has been seen. */
  readonly rest: number;
  readonly known: number;
}

/** After the first `seen` digits of a list, whose images `ids` tells apart, [count]. Throws RangeError for more digits than there are. */
export function fillingAfter(ids: ArrayLike<number>, seen: number): Filling {
  if (!(seen >= 0 && seen <= ids.length)) throw new RangeError(`seen: ${seen} of ${ids.length} digits`);
  const filled = new Set<number>();
  for (let at = 0; at < seen; at++) filled.add(ids[at]);
  let known = 0;
  for (let at = seen; at < ids.length; at++) if (filled.has(ids[at])) known++;
  return { seen, distinct: filled.size, rest: ids.length - seen, known };
}

/** Number of different images expected among `draws` from `images` equally likely ones: images (1 - (1 - 1/images)^draws). */
export function expectedDistinct(images: number, draws: number): number {
  return images * expectedKnown(images, draws);
}

/** Chance that one more draw from `images` equally likely ones repeats one of `draws` before it: 1 - (1 - 1/images)^draws. */
export function expectedKnown(images: number, draws: number): number {
  if (images === 1) return draws > 0 ? 1 : 0;
  return -Math.expm1(draws * Math.log1p(-1 / images));
}

/**
 * Draws from `images` equally likely ones until every one has been drawn, on average: images (1 + 1/2 + ... + 1/images). With k
 * still missing, the next new one takes images / k draws (the coupon collector's problem).
 */
export function drawsForAll(images: number): number {
  let sum = 0;
  for (let missing = images; missing >= 1; missing--) sum += images / missing;
  return sum;
}
