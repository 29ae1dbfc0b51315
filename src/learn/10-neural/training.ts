import { type PackedImages, pixelCount, sliceImages, takeImages, unpackImage } from '../../data/images.ts';
import { permutation, Stream, streamKey } from '../../data/rng.ts';
import type { Model, Tensors } from '../../models/model.ts';
import { ARITHMETIC, type Family, PLANS } from './families.ts';

/** Digits that a run does not learn from; on them its curve is measured. */
export const HELD_BACK = 100;
/** Steps of which a run keeps its weights, and the last one. */
const KEPT = [0, 1, 2, 5, 10, 20, 40, 60, 80, 100, 130, 160, 200, 250, 300, 350, 400];

/** The network as it was after some steps. */
export interface Checkpoint {
  readonly step: number;
  readonly model: Model;
  /** Mean -log p(x) in nats, over training digits and over those held back. */
  readonly train: number;
  readonly heldBack: number;
}

/** How many checkpoints a run of a family keeps. */
export function checkpointsOf(family: Family): number {
  return keptSteps(family).length;
}

function keptSteps(family: Family): number[] {
  const { steps } = PLANS[family];
  return [...KEPT.filter((step) => step < steps), steps];
}

/** Adam's constants (Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015). */
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/**
 * A family trained by its own gradient, step by step, so that a page can stop between any two. The same digits and seed give the
 * same weights. The last digits, HELD_BACK of them, are not learned from.
 */
export class TrainingRun {
  readonly checkpoints: Checkpoint[] = [];
  step = 0;
  private readonly train: PackedImages;
  private readonly heldBack: PackedImages;
  private readonly tensors: Tensors;
  private readonly gradients: Tensors;
  private readonly first: Tensors;
  private readonly second: Tensors;

  /** `digits` are binary images of one grid, more than HELD_BACK of them. */
  constructor(
    readonly family: Family,
    digits: PackedImages,
    readonly seed = 1,
  ) {
    const { reference } = ARITHMETIC[family];
    const many = digits.count - HELD_BACK;
    this.train = sliceImages(digits, 0, many);
    this.heldBack = sliceImages(digits, many, HELD_BACK);
    this.tensors = reference.initialise?.(digits.grid, PLANS[family].hyper, meansOf(this.train), seed) ?? {};
    const zeros = (): Tensors =>
      Object.fromEntries(
        Object.entries(this.tensors).map(([name, { length }]) => [name, new Float32Array(length)]),
      );
    [this.gradients, this.first, this.second] = [zeros(), zeros(), zeros()];
    this.keep();
  }

  get steps(): number {
    return PLANS[this.family].steps;
  }

  get done(): boolean {
    return this.step >= this.steps;
  }

  /** One step of Adam along the gradient of one batch; past the last step it does nothing. */
  advance(): void {
    if (this.done) return;
    const { batchSize, learningRate } = PLANS[this.family];
    const { reference } = ARITHMETIC[this.family];
    const batches = Math.floor(this.train.count / batchSize);
    const epoch = Math.floor(this.step / batches);
    const from = (this.step % batches) * batchSize;
    const rows = permutation(this.train.count, this.seed, streamKey(Stream.shuffle, epoch));
    const batch = takeImages(this.train, rows.subarray(from, from + batchSize));
    reference.openGradient?.(this.model()).gradient(batch, this.gradients);
    // The rate falls along half a cosine, so that the last steps settle.
    const rate = (learningRate * (1 + Math.cos((Math.PI * this.step) / this.steps))) / 2;
    this.step++;
    for (const name of Object.keys(this.tensors)) this.adam(name, rate);
    if (keptSteps(this.family).includes(this.step)) this.keep();
  }

  private adam(name: string, rate: number): void {
    const [w, g, m, v] = [this.tensors, this.gradients, this.first, this.second].map((each) => each[name]);
    for (let i = 0; i < w.length; i++) {
      m[i] = BETA1 * m[i] + (1 - BETA1) * g[i];
      v[i] = BETA2 * v[i] + (1 - BETA2) * g[i] * g[i];
      const mean = m[i] / (1 - BETA1 ** this.step);
      w[i] -= (rate * mean) / (Math.sqrt(v[i] / (1 - BETA2 ** this.step)) + EPSILON);
    }
  }

  private model(): Model {
    return {
      family: this.family,
      grid: this.train.grid,
      hyper: PLANS[this.family].hyper,
      tensors: this.tensors,
    };
  }

  private keep(): void {
    const tensors = Object.fromEntries(
      Object.entries(this.tensors).map(([name, values]) => [name, values.slice()]),
    );
    const model = { ...this.model(), tensors };
    const opened = ARITHMETIC[this.family].reference.open(model);
    const loss = (images: PackedImages): number =>
      -opened.logLikelihood(images).reduce((sum, nats) => sum + nats, 0) / images.count;
    this.checkpoints.push({
      step: this.step,
      model,
      train: loss(sliceImages(this.train, 0, HELD_BACK)),
      heldBack: loss(this.heldBack),
    });
  }
}

/** The share of images with ink at every pixel, [n]. */
function meansOf(images: PackedImages): Float64Array {
  const n = pixelCount(images.grid);
  const sums = new Float64Array(n);
  for (let m = 0; m < images.count; m++) unpackImage(images, m).forEach((bit, i) => (sums[i] += bit));
  return sums.map((sum) => sum / images.count);
}
