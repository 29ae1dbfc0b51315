/**
 * Two ways to classify, trained on the same few digits and tested on the same others, at growing numbers of digits: Ng and
 * Jordan, "On discriminative vs. generative classifiers: a comparison of logistic regression and naive Bayes", NIPS 2001.
 * They expect the generative one, which needs fewer images to settle, to lead first and to be overtaken.
 */
import { permutation, Stream, streamKey } from '../data/rng.ts';

/** One pair of models of a size: how many test digits they got right. */
export interface Duel {
  readonly size: number;
  /** Test digits, none of which either of them learnt from. */
  readonly tested: number;
  readonly generative: number;
  readonly discriminative: number;
  /** Test digits that exactly one of the two got right. */
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
  /** Sizes measured on either side. */
  readonly between: readonly [number, number];
  /** On a straight line between them over the logarithm of the size. */
  readonly about: number;
}

/** Digits that a pair learns from; the same for the same (count, repeat, seed), and smaller ones are part of larger ones. */
export function subsetOf(
  count: number,
  size: number,
  repeat: number,
  seed: number,
): Uint32Array<ArrayBuffer> {
  if (size > count) throw new RangeError(`size: ${size} of ${count} images`);
  // Epoch 0 of the stream is what a run holds back for validation.
  return permutation(count, seed, streamKey(Stream.split, repeat + 1)).slice(0, size);
}

/**
 * Hyper-parameters of those that learn from so few images, where a family has them: a whole imagined image a table, which is
 * the default, drowns the first real ones. Chosen once, on training digits held back.
 */
export const FEW_IMAGES: Readonly<Record<string, number>> = { strength: 0.3, k: 4 };

/**
 * How the discriminative one descends on `size` digits: as many steps for every size, because few digits need many passes.
 * Chosen once, on training digits held back.
 */
export function scheduleOf(size: number): { epochs: number; batchSize: number; learningRate: number } {
  const batchSize = Math.min(size, BATCH);
  return { batchSize, epochs: Math.ceil(STEPS / Math.ceil(size / batchSize)), learningRate: RATE };
}
const STEPS = 300;
const BATCH = 100;
const RATE = 0.01;

/** Scores of two models on the same test digits; `right` holds 1 where a model was right, [tested] each. */
export function duelOf(size: number, generative: Uint8Array, discriminative: Uint8Array): Duel {
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

/**
 * The pairs by size, ascending. A standard error holds both that of the digits learnt from (how the pairs differ) and that of
 * the digits tested on (binomial), as the pairs of a size may be tested on the same ones.
 */
export function rowsOf(duels: readonly Duel[]): CurveRow[] {
  const sizes = [...new Set(duels.map((duel) => duel.size))].sort((a, b) => a - b);
  return sizes.map((size) => {
    const pairs = duels.filter((duel) => duel.size === size);
    const tested = Math.min(...pairs.map((pair) => pair.tested));
    const share = (of: 'generative' | 'discriminative') => {
      const shares = pairs.map((pair) => pair[of] / pair.tested);
      return measured(shares, (mean) => (mean * (1 - mean)) / tested);
    };
    const apart = meanOf(pairs.map((pair) => pair.disagreed / pair.tested));
    const leads = pairs.map((pair) => (pair.generative - pair.discriminative) / pair.tested);
    return {
      size,
      repeats: pairs.length,
      tested,
      generative: share('generative'),
      discriminative: share('discriminative'),
      lead: measured(leads, (mean) => Math.max(0, apart - mean ** 2) / tested),
    };
  });
}

/** Who is ahead by more than two standard errors. */
export function leaderAt({ lead }: CurveRow): Leader {
  if (Math.abs(lead.mean) <= 2 * lead.standardError) return 'level';
  return lead.mean > 0 ? 'generative' : 'discriminative';
}

/** Where the discriminative one overtakes for good; null where it is never overtaken, or always ahead. */
export function crossingOf(rows: readonly CurveRow[]): Crossing | null {
  const last = rows.findLastIndex((row) => row.lead.mean >= 0);
  if (last < 0 || last === rows.length - 1) return null;
  const [before, after] = [rows[last], rows[last + 1]];
  const way = before.lead.mean / (before.lead.mean - after.lead.mean);
  const about = before.size * (after.size / before.size) ** way;
  return { between: [before.size, after.size], about };
}

/** The curves in words. Names begin sentences: "Naive Bayes". */
export function storyOf(rows: readonly CurveRow[], generative: string, discriminative: string): string {
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

/** Two digits say all that a crossing between two sizes is worth. */
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
