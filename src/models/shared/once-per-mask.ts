import { type PackedImages, wordsPerImage } from '../../data/images.ts';

/**
 * `compute`, which is not called again as long as the first image of its masks stays the same: pieces of a few images ask with one mask
 * again and again.
 */
export function oncePerMask<T>(compute: (known: PackedImages) => T): (known: PackedImages) => T {
  let last: { readonly words: Uint32Array; readonly value: T } | null = null;
  return (known) => {
    const words = known.words.slice(0, wordsPerImage(known.grid));
    if (last?.words.length !== words.length || words.some((word, at) => word !== last?.words[at]))
      last = { words, value: compute(known) };
    return last.value;
  };
}
