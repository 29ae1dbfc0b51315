/**
 * Sample efficiency: a generative and a discriminative classifier trained on the same few digits and tested on the same others,
 * for increasing numbers of digits: Ng and Jordan, "On discriminative vs. generative classifiers: a comparison of logistic regression and naive Bayes", NIPS 2001.
 * They find that the generative one, which needs fewer images to converge, leads first and is overtaken later.
 */
import type { Accuracy } from '../data/accuracy.ts';
import { permutation, Stream, streamKey } from '../data/rng.ts';

/** Correct answers of two models trained on the same subset. */
export interface PairResult {
  readonly size: number;
  /** Test digits, none of them in the training subset. */
  readonly tested: number;
  readonly generative: number;
  readonly discriminative: number;
  /** Test digits that exactly one of the two classified correctly. */
  readonly disagreed: number;
}

/** A share or a difference of shares, with its standard error. */
export interface Measured {
  readonly mean: number;
  readonly standardError: number;
}

/** All pairs of one size. */
export interface CurveRow {
  readonly size: number;
  readonly repeats: number;
  readonly tested: number;
  readonly generative: Measured;
  readonly discriminative: Measured;
  /** Share of the generative one minus that of the other, pair by pair. */
  readonly lead: Measured;
}

export type Leader = 'generative' | 'discriminative' | 'level';

/** Where the two curves cross. */
export interface Crossing {
  /** Measured sizes on either side. */
  readonly between: readonly [number, number];
  /** Interpolated linearly over the logarithm of the size. */
  readonly about: number;
}

/** Training digits of a pair; the same for the same (count, repeat, seed), and smaller ones are part of larger ones. */
export function subsetOf(
  count: number,
  size: number,
  repeat: number,
  seed: number,
): Uint32Array<ArrayBuffer> {
  if (size > count) throw new RangeError(`size: ${size} of ${count} images`);
  // Epoch 0 of the stream selects the validation images of a run.
  return permutation(count, seed, streamKey(Stream.split, repeat + 1)).slice(0, size);
}

/**
 * Gradient descent of the discriminative model on `size` digits: the same number of steps for every size, because few digits need
 * many epochs. Chosen once, on training digits held back.
 */
export function scheduleOf(size: number): { epochs: number; batchSize: number; learningRate: number } {
  const batchSize = Math.min(size, BATCH);
  return { batchSize, epochs: Math.ceil(STEPS / Math.ceil(size / batchSize)), learningRate: RATE };
}
const STEPS = 300;
const BATCH = 100;
const RATE = 0.01;

/** Counts over the same test digits, from 1 where a model was right and 0 elsewhere, [tested] each. */
export function pairResultOf(size: number, generative: Uint8Array, discriminative: Uint8Array): PairResult {
  const sum = (right: Uint8Array) => right.reduce((total, one) => total + one, 0);
  return {
    size,
    tested: generative.length,
    generative: sum(generative),
    discriminative: sum(discriminative),
    disagreed: sum(generative.map((one, image) => Number(one !== discriminative[image]))),
  };
}

/** 1 where the largest of an image's logits is that of its own class, the first of equals counting, [count]. */
export function rightOnes(classLogits: Float64Array, labels: Uint8Array): Uint8Array<ArrayBuffer> {
  const classes = classLogits.length / labels.length;
  return Uint8Array.from(labels, (label, image) => {
    const own = classLogits.subarray(image * classes, (image + 1) * classes);
    return Number(own.indexOf(Math.max(...own)) === label);
  });
}

/** From the class logits of every image, [count, classes], and its label, [count]. */
export function accuracyOf(classLogits: Float64Array, labels: Uint8Array): Accuracy {
  const images = labels.length;
  const share = rightOnes(classLogits, labels).reduce((sum, one) => sum + one, 0) / images;
  return { share, standardError: Math.sqrt((share * (1 - share)) / images), images };
}

/**
 * The pairs by size, ascending. A standard error includes the variance over training subsets (between pairs) and over test
 * digits (binomial), since the pairs of a size may share test digits.
 */
export function rowsOf(results: readonly PairResult[]): CurveRow[] {
  const sizes = [...new Set(results.map((pair) => pair.size))].sort((a, b) => a - b);
  return sizes.map((size) => {
    const pairs = results.filter((pair) => pair.size === size);
    const tested = Math.min(...pairs.map((pair) => pair.tested));
    const share = (of: 'generative' | 'discriminative') => {
      const shares = pairs.map((pair) => pair[of] / pair.tested);
      return measured(shares, (mean) => (mean * (1 - mean)) / tested);
    };
    const disagreement = meanOf(pairs.map((pair) => pair.disagreed / pair.tested));
    const leads = pairs.map((pair) => (pair.generative - pair.discriminative) / pair.tested);
    return {
      size,
      repeats: pairs.length,
      tested,
      generative: share('generative'),
      discriminative: share('discriminative'),
      lead: measured(leads, (mean) => Math.max(0, disagreement - mean ** 2) / tested),
    };
  });
}

/** The model that leads by more than two standard errors. */
export function leaderAt({ lead }: CurveRow): Leader {
  if (Math.abs(lead.mean) <= 2 * lead.standardError) return 'level';
  return lead.mean > 0 ? 'generative' : 'discriminative';
}

/** Where the discriminative model overtakes for good; null where it never does, or leads at every size. */
export function crossingOf(rows: readonly CurveRow[]): Crossing | null {
  const last = rows.findLastIndex((row) => row.lead.mean >= 0);
  if (last < 0 || last === rows.length - 1) return null;
  const [before, after] = [rows[last], rows[last + 1]];
  const share = before.lead.mean / (before.lead.mean - after.lead.mean);
  const about = before.size * (after.size / before.size) ** share;
  return { between: [before.size, after.size], about };
}

/** A description of the curves. The names begin sentences: "Naive Bayes". */
export function describeCurve(rows: readonly CurveRow[], generative: string, discriminative: string): string {
  if (rows.length === 0) return '';
  const crossing = crossingOf(rows);
  const ahead = (leader: Leader) => rows.filter((row) => leaderAt(row) === leader).map((row) => row.size);
  const [early, late] = [ahead('generative'), ahead('discriminative')];
  const lead = (name: string, sizes: readonly number[]) =>
    sizes.length > 0 ? `${name} leads by more than two standard errors at ${listed(sizes)} digits. ` : '';
  const leads = lead(generative, early) + lead(discriminative, late);
  const whole = `${rows[0].size} to ${rows[rows.length - 1].size}`;
  if (crossing) {
    const [from, to] = crossing.between;
    return `${leads}The curves cross between ${from} and ${to} digits, at about ${round(crossing.about)}.`;
  }
  const first = rows[rows.length - 1].lead.mean >= 0;
  return `${leads}From ${whole} digits the curves do not cross: ${first ? generative : discriminative} is ${
    first ? 'still' : 'always'
  } in front.`;
}

function listed(values: readonly number[]): string {
  return values.length > 1
    ? `${values.slice(0, -1).join(', ')} and ${values[values.length - 1]}`
    : `${values[0]}`;
}

/** To two significant digits: a crossing between two measured sizes is no more accurate. */
function round(value: number): number {
  return Number(value.toPrecision(2));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function measured(values: readonly number[], testVariance: (mean: number) => number): Measured {
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const between = values.length > 1 ? squares / (values.length - 1) / values.length : 0;
  return { mean, standardError: Math.sqrt(between + testVariance(mean)) };
}
