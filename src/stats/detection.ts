/**
 * Anomaly detection: whether an image comes from the distribution of the training images, by scores of a model. Pure statistics:
 * a score of one image is compared with the same score of reference images.
 */

/** Scores of the reference images, sorted ascending, [count]. Throws on none and on NaN. */
export function referenceOf(values: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) throw new RangeError('values: none to compare with');
  if (sorted.some((value) => Number.isNaN(value))) throw new RangeError('values: one is not a number');
  return sorted;
}

/** Share of the reference scores below `value`, 0 to 1. */
export function shareBelow(reference: Float32Array | Float64Array, value: number): number {
  return rank(reference, value, false) / reference.length;
}

/** Share of the reference scores at most `value`, 0 to 1. */
export function shareAtMost(reference: Float64Array, value: number): number {
  return rank(reference, value, true) / reference.length;
}

/**
 * Two-sided typicality: the share of the reference images whose score is at least as far from the median as this one's, 0 to 1. An
 * image that is far too likely is as untypical as one that is far too unlikely (Nalisnick and others, "Detecting
 * out-of-distribution inputs to deep generative models using typicality", 2019). They measure the distance from the mean in nats; here
 * it is measured in ranks, as twice the share in the smaller tail. For log p is skewed: its lower tail is long, so that unusual digits
 * lie farther from the mean than a blank image does, which would then count as typical.
 */
export function typicality(reference: Float64Array, value: number): number {
  const below = rank(reference, value, false);
  const atMost = rank(reference, value, true);
  return Math.min(1, (2 * Math.min(atMost, reference.length - below)) / reference.length);
}

/** The value below which a share of the reference scores lies, interpolated between two of them. */
export function quantile(reference: Float32Array | Float64Array, share: number): number {
  const at = Math.min(1, Math.max(0, share)) * (reference.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, reference.length - 1);
  return reference[low] + (at - low) * (reference[high] - reference[low]);
}

/** How many of the sorted scores are below `value`, or at most `value`. */
function rank(sorted: Float32Array | Float64Array, value: number, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value || (orEqual && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

// --- three detectors -------------------------------------------------------------------------------------

/** A detector flags an image beyond all but this share of the reference images, in each tail that it uses. */
export const FLAG_SHARE = 0.01;

export const DETECTORS = ['log p', 'typicality', 'ratio'] as const;
export type Detector = (typeof DETECTORS)[number];

/** Scores of images, in nats, both [count]. */
export interface Scores {
  readonly logLikelihood: ArrayLike<number>;
  /** log p under the background model. */
  readonly background: ArrayLike<number>;
}

/** Scores of the reference images, sorted. */
export interface Calibration {
  readonly logLikelihood: Float64Array<ArrayBuffer>;
  /** log p(x) - log p_background(x) (Ren and others, "Likelihood ratios for out-of-distribution detection", NeurIPS 2019). */
  readonly ratio: Float64Array<ArrayBuffer>;
}

/** The result of the detectors for one image. Shares are 0 to 1. */
export interface Finding {
  readonly logLikelihood: number;
  readonly ratio: number;
  /** Share of the reference images with a lower score. */
  readonly place: { readonly logLikelihood: number; readonly ratio: number };
  /**
   * Empirical p-values: the share of the reference images that are at least as extreme, 0 to 1: of a log p no higher; of a log p at
   * least as far from its median; of a ratio at least as far from its median. A ratio can be too large as well: a model that does not
   * represent texture gives noise a ratio above that of digits.
   */
  readonly pValues: Readonly<Record<Detector, number>>;
  readonly flags: Readonly<Record<Detector, boolean>>;
  /** Flagged by typicality or ratio; log p alone does not count. */
  readonly flagged: boolean;
}

export function calibrate(scores: Scores): Calibration {
  return { logLikelihood: referenceOf(scores.logLikelihood), ratio: referenceOf(ratios(scores)) };
}

/** The findings of every image, [count]. */
export function findings({ logLikelihood, ratio }: Calibration, scores: Scores): Finding[] {
  return Array.from(ratios(scores), (own, image) => {
    const nats = scores.logLikelihood[image];
    const pValues = {
      'log p': shareAtMost(logLikelihood, nats),
      typicality: typicality(logLikelihood, nats),
      ratio: typicality(ratio, own),
    };
    const flags = {
      'log p': pValues['log p'] < FLAG_SHARE,
      // Two tails each.
      typicality: pValues.typicality < 2 * FLAG_SHARE,
      ratio: pValues.ratio < 2 * FLAG_SHARE,
    };
    const place = { logLikelihood: shareBelow(logLikelihood, nats), ratio: shareBelow(ratio, own) };
    const flagged = flags.typicality || flags.ratio;
    return { logLikelihood: nats, ratio: own, place, pValues, flags, flagged };
  });
}

function ratios({ logLikelihood, background }: Scores): Float64Array<ArrayBuffer> {
  return Float64Array.from(logLikelihood, (nats, image) => nats - background[image]);
}

/** What ranks images: each detector, and the two that decide together, by the smaller of their p-values. */
export const RANKED = [...DETECTORS, 'either'] as const;
export type Ranked = (typeof RANKED)[number];

/** The score of an image by which it is ranked, larger for images more like the reference images. */
export function inDistributionScore({ logLikelihood, ratio, pValues }: Finding, by: Ranked): number {
  if (by === 'log p') return logLikelihood;
  if (by === 'typicality') return pValues.typicality;
  return by === 'ratio' ? ratio : Math.min(pValues.typicality, pValues.ratio);
}

// --- evaluation ------------------------------------------------------------------------------------------

export interface Auroc {
  /** Probability that an in-distribution image scores above an out-of-distribution one: 1 is perfect, 0.5 is chance. */
  readonly area: number;
  readonly standardError: number;
  readonly inside: number;
  readonly outside: number;
}

/**
 * Area under the ROC curve of scores that should be larger for in-distribution images (`inside`) than for others
 * (`outside`): the statistic of Mann and Whitney over the pairs, ties counting half. Standard error by J. A. Hanley and B.
 * J. McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC) curve", Radiology 143, 1982,
 * eq. 2, with their Q1 = A / (2 - A) and Q2 = 2 A^2 / (1 + A). Throws where either side is empty.
 */
export function auroc(inside: ArrayLike<number>, outside: ArrayLike<number>): Auroc {
  const other = referenceOf(outside);
  const own = referenceOf(inside);
  let above = 0;
  for (const value of own) above += rank(other, value, false) + rank(other, value, true);
  const area = above / (2 * own.length * other.length);
  const square = area * area;
  const variance =
    (area * (1 - area) +
      (other.length - 1) * (area / (2 - area) - square) +
      (own.length - 1) * ((2 * square) / (1 + area) - square)) /
    (own.length * other.length);
  return {
    area,
    standardError: Math.sqrt(Math.max(0, variance)),
    inside: own.length,
    outside: other.length,
  };
}

/** Of findings of in-distribution images (`inside`) and of others, by every score. */
export function aurocs(inside: readonly Finding[], outside: readonly Finding[]): Record<Ranked, Auroc> {
  const areas = RANKED.map((by) => {
    const [own, other] = [inside, outside].map((side) =>
      side.map((finding) => inDistributionScore(finding, by)),
    );
    return [by, auroc(own, other)] as const;
  });
  return Object.fromEntries(areas) as Record<Ranked, Auroc>;
}
