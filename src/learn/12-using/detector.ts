import { BASELINE_IMAGES, baselineImages } from '../../data/baseline-images.ts';
import { type PackedImages, takeImages } from '../../data/images.ts';
import { type Kinds, pixelsOf } from './kinds.ts';

export const [BLANK, ALL_INK, , SHUFFLED, MATCHED_NOISE] = BASELINE_IMAGES;
/** These two are the same whatever digit they are made from. */
export const ONLY_ONE: readonly string[] = [BLANK, ALL_INK];

/** An image is called strange where its log p is below `low` or above `high`, in nats. */
export interface Limits {
  readonly low: number;
  readonly high: number;
}

/** Share of the scores that a detector calls strange, 0 to 1. */
export function shareCaught(scores: ArrayLike<number>, { low, high }: Limits): number {
  let caught = 0;
  for (let at = 0; at < scores.length; at++) if (scores[at] < low || scores[at] > high) caught++;
  return caught / scores.length;
}

/** log p of a model, in nats: of the held-back digits, sorted ascending, and of images that are no digits, by their names. */
export interface ScoreSet {
  readonly digits: Float64Array<ArrayBuffer>;
  readonly others: Readonly<Record<string, Float64Array<ArrayBuffer>>>;
}

/** Images of each kind that are no digits: as many digits are taken apart for them. */
const OTHERS = 100;

/** Scores of held-back digits, and of what is made from the first of them: blank, all ink, inverted, shuffled, noise. */
export function scoresOf(kinds: Kinds, heldBack: PackedImages): ScoreSet {
  const digits = Float64Array.from({ length: heldBack.count }, (_, at) => kinds.logP(pixelsOf(heldBack, at)));
  const count = Math.min(OTHERS, heldBack.count);
  const made = Array.from({ length: count }, (_, at) => baselineImages(takeImages(heldBack, [at]), at));
  const others = BASELINE_IMAGES.map((name, kind) => {
    const own = ONLY_ONE.includes(name) ? made.slice(0, 1) : made;
    return [name, Float64Array.from(own, (images) => kinds.logP(pixelsOf(images, kind))).sort()] as const;
  });
  return { digits: digits.sort(), others: Object.fromEntries(others) };
}

/** log p of a blank image of n independent pixels with chance `share` of ink each, in nats. */
export function logBlank(n: number, share: number): number {
  return n * Math.log1p(-share);
}

/** log p of an image with ink at exactly that share of the pixels. */
export function logTypical(n: number, share: number): number {
  return n * (share * Math.log(share) + (1 - share) * Math.log1p(-share));
}
