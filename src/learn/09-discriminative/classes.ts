import { CLASSES } from '../../data/images.ts';
import { threefry2x32, uniform } from '../../data/rng.ts';
import { forEachSlice, yieldToEventLoop } from '../../data/slices.ts';
import type { Rows } from '../../stats/rows.ts';
import { type PairResult, pairResultOf, rightOnes, subsetOf } from '../../stats/sample-efficiency.ts';
import { addOuter, addScores, sparseRows } from '../../stats/sparse-products.ts';

/** Binary images with their classes: `rows` [count, n] of 0 and 1, `labels` [count]. */
export interface Labelled {
  readonly rows: Rows;
  readonly labels: Uint8Array;
}

/** A classifier of ten classes: logits of the classes are the bias, [10], plus the rows of `table`, [n, 10], where there is ink. */
export interface Scores {
  readonly table: Float64Array<ArrayBuffer>;
  readonly bias: Float64Array<ArrayBuffer>;
}

/** Imagined images, steps and their length: chosen once, on digits of MNIST that are not among the starter digits. */
const STRENGTH = 0.3;
const STEPS = 500;
const RATE = 0.5;

/** Naive Bayes of ten classes, counted over the images named by `indices`. */
export function countClasses({ rows, labels }: Labelled, indices: Uint32Array): Scores {
  const { width, values } = rows;
  const table = new Float64Array(width * CLASSES);
  const bias = new Float64Array(CLASSES);
  const seen = new Float64Array(CLASSES);
  for (const image of indices) {
    const label = labels[image];
    seen[label]++;
    for (let i = 0; i < width; i++) table[i * CLASSES + label] += values[image * width + i];
  }
  for (let y = 0; y < CLASSES; y++) {
    bias[y] = Math.log((seen[y] + 1) / (indices.length + CLASSES));
    for (let i = 0; i < width; i++) {
      const at = i * CLASSES + y;
      const share = (table[at] + STRENGTH / 2) / (seen[y] + STRENGTH);
      bias[y] += Math.log1p(-share);
      table[at] = Math.log(share) - Math.log1p(-share);
    }
  }
  return { table, bias };
}

/** Logistic regression of ten classes by gradient descent from zero; other work of the thread goes on in between. */
export async function descendClasses(
  { rows, labels }: Labelled,
  indices: Uint32Array,
  signal: AbortSignal,
): Promise<Scores> {
  const images = sparseRows(rows, indices);
  const table = new Float64Array(rows.width * CLASSES);
  const gradient = new Float64Array(table.length);
  const bias = new Float64Array(CLASSES);
  const rate = RATE / indices.length;
  const level = new Float64Array(CLASSES);
  const scores = new Float64Array(CLASSES);
  const step = (): void => {
    gradient.fill(0);
    level.fill(0);
    for (let m = 0; m < indices.length; m++) {
      scores.set(bias);
      addScores(images, m, table, scores);
      toMissing(scores, labels[indices[m]]);
      addOuter(images, m, scores, gradient);
      for (let y = 0; y < CLASSES; y++) level[y] += scores[y];
    }
    for (let at = 0; at < table.length; at++) table[at] += rate * gradient[at];
    for (let y = 0; y < CLASSES; y++) bias[y] += rate * level[y];
  };
  await forEachSlice(STEPS, {
    targetMs: 12,
    signal,
    work: (_, count) => {
      for (let i = 0; i < count; i++) step();
    },
  });
  return { table, bias };
}

/** Replaces logits by what is missing to the wanted answer: 1 for the own class and 0 for the others, less the softmax. */
function toMissing(scores: Float64Array, label: number): void {
  let largest = scores[0];
  for (let y = 1; y < CLASSES; y++) largest = Math.max(largest, scores[y]);
  let total = 0;
  for (let y = 0; y < CLASSES; y++) {
    scores[y] = Math.exp(scores[y] - largest);
    total += scores[y];
  }
  for (let y = 0; y < CLASSES; y++) scores[y] = Number(y === label) - scores[y] / total;
}

/** 1 where the class with the largest logit is the image's own, [indices]. */
export function rightIn(
  { table, bias }: Scores,
  { rows, labels }: Labelled,
  indices: Uint32Array,
): Uint8Array<ArrayBuffer> {
  const images = sparseRows(rows, indices);
  const logits = new Float64Array(indices.length * CLASSES);
  for (let m = 0; m < indices.length; m++) {
    const own = bias.slice();
    addScores(images, m, table, own);
    logits.set(own, m * CLASSES);
  }
  return rightOnes(
    logits,
    Uint8Array.from(indices, (image) => labels[image]),
  );
}

/**
 * Both classifiers, taught by the same images and tested on all others, for every size and `repeats` draws of them; `onPair` is given each
 * result as it comes. Throws the signal's reason where it is aborted.
 */
export async function measureCurves(
  images: Labelled,
  sizes: readonly number[],
  repeats: number,
  signal: AbortSignal,
  onPair: (pair: PairResult) => void,
): Promise<void> {
  const { count } = images.rows;
  for (let repeat = 0; repeat < repeats; repeat++)
    for (const size of sizes) {
      const trained = subsetOf(count, size, repeat, 0);
      const used = new Set(trained);
      const tested = Uint32Array.from({ length: count }, (_, i) => i).filter((image) => !used.has(image));
      const learned = await descendClasses(images, trained, signal);
      const right = [countClasses(images, trained), learned].map((scores) => rightIn(scores, images, tested));
      onPair(pairResultOf(size, right[0], right[1]));
      await yieldToEventLoop();
      signal.throwIfAborted();
    }
}

/**
 * Images for which naive Bayes is true: of each class its pixels are independent coins with the shares that the class has in `images`. As many
 * images with the same labels; the same for the same seed.
 */
export function drawnByCoins(images: Labelled, seed: number): Labelled {
  const { rows, labels } = images;
  const { count, width } = rows;
  const { table } = countClasses(
    images,
    Uint32Array.from({ length: count }, (_, i) => i),
  );
  const pair = new Uint32Array(2);
  const values = Float32Array.from({ length: count * width }, (_, at) => {
    threefry2x32(seed | 0, 0xc01, at, 0, pair);
    return Number(
      uniform(pair[0]) < 1 / (1 + Math.exp(-table[(at % width) * CLASSES + labels[Math.floor(at / width)]])),
    );
  });
  return { rows: { count, width, values }, labels };
}
