import { CLASSES } from '../data/images.ts';
import { permutation, Stream, streamKey } from '../data/rng.ts';
import { forEachSlice } from '../data/slices.ts';
import { moments, type Rows } from './rows.ts';
import { addOuter, addScores, sparseRows } from './sparse-products.ts';

export interface Split {
  readonly trained: Uint32Array<ArrayBuffer>;
  readonly tested: Uint32Array<ArrayBuffer>;
}

export interface ProbeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with 0 to 1. */
  readonly onProgress?: (done: number) => void;
}

/** Fixed for all probes and tuned to none, so that their accuracies can be compared. */
const STEPS = 200;
const RATE = 0.02;
/** L2 regularisation: factor of half the squared weights in the loss. */
const DECAY = 0.01;
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;
/** Columns of a smaller deviation over the training half are ignored. */
const LEAST_DEVIATION = 1e-6;
/** Intended time of a slice of rows. */
const SLICE_MS = 8;

/** Two halves of `count` digits, drawn with a seed: the probe is trained on one and tested on the other. */
export function halves(count: number, seed: number): Split {
  const order = permutation(count, seed, streamKey(Stream.split));
  const half = count >> 1;
  return { trained: order.slice(0, half).sort(), tested: order.slice(half).sort() };
}

/**
 * A linear probe (Alain and Bengio, "Understanding intermediate layers using linear classifier probes", 2016): softmax
 * regression from the rows to the classes, by full-batch Adam (Kingma and Ba, ICLR 2015) with L2
 * regularisation. Columns are standardised by mean and deviation of the training rows. Returns the accuracy on the test rows; NaN
 * where there are none.
 */
export async function probe(
  rows: Rows,
  labels: Uint8Array,
  { trained, tested }: Split,
  { signal, onProgress }: ProbeOptions = {},
): Promise<number> {
  const training = sparseRows(rows, trained);
  const { means, deviations } = moments(take(rows, trained));
  const scales = deviations.map((deviation) => (deviation > LEAST_DEVIATION ? 1 / deviation : 0));
  /** Weights of standardised columns, [width, CLASSES], then the bias, [CLASSES]. */
  const adam = new Adam((rows.width + 1) * CLASSES);
  const { weights, gradient } = adam;
  const bias = rows.width * CLASSES;
  /** The same for columns as they are, so that zeros of a row can be skipped. */
  const raw = new Float64Array(weights.length);
  const logits = new Float64Array(CLASSES);
  const addGradients = (first: number, count: number) => {
    for (let m = first; m < first + count; m++) {
      logits.set(raw.subarray(bias));
      addScores(training, m, raw, logits);
      residuals(logits, labels[trained[m]], trained.length);
      addOuter(training, m, logits, gradient);
      for (let y = 0; y < CLASSES; y++) gradient[bias + y] += logits[y];
    }
  };

  for (let step = 1; step <= STEPS; step++) {
    unstandardise(weights, means, scales, raw);
    gradient.fill(0);
    await forEachSlice(trained.length, { targetMs: SLICE_MS, signal, work: addGradients });
    for (let at = 0; at < bias; at++) {
      const k = Math.floor(at / CLASSES);
      const centred = gradient[at] - means[k] * gradient[bias + (at % CLASSES)];
      gradient[at] = scales[k] * centred + DECAY * weights[at];
    }
    adam.step();
    onProgress?.(step / STEPS);
  }

  unstandardise(weights, means, scales, raw);
  const test = sparseRows(rows, tested);
  let right = 0;
  for (let m = 0; m < tested.length; m++) {
    logits.set(raw.subarray(bias));
    addScores(test, m, raw, logits);
    let best = 0;
    for (let y = 1; y < CLASSES; y++) if (logits[y] > logits[best]) best = y;
    if (best === labels[tested[m]]) right++;
  }
  return right / tested.length;
}

function take({ width, values }: Rows, indices: Uint32Array): Rows {
  const own = new Float32Array(indices.length * width);
  indices.forEach((index, m) => own.set(values.subarray(index * width, (index + 1) * width), m * width));
  return { count: indices.length, width, values: own };
}

/** w (x - mean) scale + b, as weights and bias of x itself. */
function unstandardise(
  weights: Float64Array,
  means: Float64Array,
  scales: Float64Array,
  raw: Float64Array,
): void {
  const bias = means.length * CLASSES;
  for (let y = 0; y < CLASSES; y++) raw[bias + y] = weights[bias + y];
  for (let at = 0; at < bias; at++) {
    const k = Math.floor(at / CLASSES);
    raw[at] = weights[at] * scales[k];
    raw[bias + (at % CLASSES)] -= raw[at] * means[k];
  }
}

/** Replaces logits by the gradient of the mean loss: (softmax - label) / count. */
function residuals(logits: Float64Array, label: number, count: number): void {
  let largest = logits[0];
  for (let y = 1; y < CLASSES; y++) largest = Math.max(largest, logits[y]);
  let total = 0;
  for (let y = 0; y < CLASSES; y++) {
    logits[y] = Math.exp(logits[y] - largest);
    total += logits[y];
  }
  for (let y = 0; y < CLASSES; y++) logits[y] = (logits[y] / total - Number(y === label)) / count;
}

/** Weights, updated by Adam from `gradient`. */
class Adam {
  readonly weights: Float64Array<ArrayBuffer>;
  readonly gradient: Float64Array<ArrayBuffer>;
  readonly #first: Float64Array<ArrayBuffer>;
  readonly #second: Float64Array<ArrayBuffer>;
  #steps = 0;

  constructor(count: number) {
    this.weights = new Float64Array(count);
    this.gradient = new Float64Array(count);
    this.#first = new Float64Array(count);
    this.#second = new Float64Array(count);
  }

  step(): void {
    this.#steps++;
    const { weights, gradient } = this;
    const first = this.#first;
    const second = this.#second;
    const rate = RATE * (Math.sqrt(1 - BETA2 ** this.#steps) / (1 - BETA1 ** this.#steps));
    for (let at = 0; at < weights.length; at++) {
      const slope = gradient[at];
      first[at] = BETA1 * first[at] + (1 - BETA1) * slope;
      second[at] = BETA2 * second[at] + (1 - BETA2) * slope * slope;
      weights[at] -= (rate * first[at]) / (Math.sqrt(second[at]) + EPSILON);
    }
  }
}
