/**
 * Whether a contender computes what the model is: everything it scores, draws or learns is compared with the family's f64 definition before it is
 * timed. A drawn image is right where every pixel is what its uniform and the definition's probability, given the pixels before, say.
 */
import type { PackedImages } from '../../src/data/images.ts';
import { packImages, pixelCount, takeImages, unpackImage } from '../../src/data/images.ts';
import { adamTensors } from '../../src/engine/backends/adam.ts';
import { zerosLike } from '../../src/engine/backends/references.ts';
import { sigmoid } from '../../src/models/shared/math.ts';
import type { Model } from '../../src/models/model.ts';
import type { Definition } from '../../src/models/reference.ts';
import { batchAt, uniforms } from './contenders/contender.ts';
import type { Outcome } from './tasks.ts';
import { LEARNING_RATE } from './tasks.ts';

/** Nats that log p of an image may be off, and the share of it that f32 may lose beside that. */
export const SCORE_TOLERANCE = 1e-3;
const ROUNDING = 1e-5;
/** A uniform so near to its probability may fall on either side of it in f32. */
export const SAMPLE_TOLERANCE = 1e-4;
/** The share of the mean loss that it may be off: a step of Adam divides rounding errors by gradients near 0. */
export const LOSS_TOLERANCE = 2e-4;

export class Reference {
  readonly #model: Model;
  readonly #definition: Definition;
  readonly #images: PackedImages;
  readonly #batch: number;
  readonly #scores: number[] = [];
  /** Drawn images that are right. */
  readonly #right = new Set<string>();
  #losses: readonly number[] | null = null;

  /** `images` are those that are scored and learnt from, `batch` at a time. */
  constructor(model: Model, definition: Definition, images: PackedImages, batch: number) {
    this.#model = model;
    this.#definition = definition;
    this.#images = images;
    this.#batch = batch;
  }

  /** Null where the scores of the first images are right, else what is wrong. */
  scores(found: Outcome, count: number): string | null {
    if (found.length !== count) return `${found.length} scores instead of ${count}`;
    for (let m = 0; m < count; m++) {
      this.#scores[m] ??= this.#definition.logLikelihood(this.#model, unpackImage(this.#images, m));
      // A NaN is no score.
      const tolerance = SCORE_TOLERANCE + ROUNDING * Math.abs(this.#scores[m]);
      if (!(Math.abs(found[m] - this.#scores[m]) <= tolerance))
        return `log p of image ${m} is ${found[m]} instead of ${this.#scores[m]} nats`;
    }
    return null;
  }

  /** `found` is [count, n]; of each image the first `pixels` are drawn. */
  samples(found: Outcome, count: number, pixels: number): string | null {
    const { grid } = this.#model;
    const n = pixelCount(grid);
    if (found.length !== count * n) return `${found.length} pixels instead of ${count * n}`;
    const u = uniforms(count, n);
    for (let m = 0; m < count; m++) {
      const x = found.slice(m * n, m * n + pixels);
      const key = `${m}:${x.join('')}`;
      if (this.#right.has(key)) continue;
      const filled = [...x, ...new Array<number>(n - pixels).fill(0)];
      const z = this.#definition.logits(this.#model, unpackImage(packImages(grid, filled), 0));
      for (let i = 0; i < pixels; i++) {
        const p = sigmoid(z[i]);
        const expected = u[m * n + i] < p ? 1 : 0;
        if (x[i] !== expected && Math.abs(u[m * n + i] - p) > SAMPLE_TOLERANCE)
          return `pixel ${i} of image ${m} is ${x[i]} where u = ${u[m * n + i]} and p = ${p}`;
      }
      this.#right.add(key);
    }
    return null;
  }

  /** Mean losses in nats of the first and the second step, each before its update. */
  losses(found: Outcome): string | null {
    this.#losses ??= this.#learn();
    const wrong = this.#losses.findIndex(
      (loss, step) => !(Math.abs(found[step] - loss) <= LOSS_TOLERANCE * loss),
    );
    return wrong < 0
      ? null
      : `the loss of step ${wrong} is ${found[wrong]} instead of ${this.#losses[wrong]} nats`;
  }

  #learn(): readonly number[] {
    const tensors = Object.fromEntries(
      Object.entries(this.#model.tensors).map(([name, values]) => [name, values.slice()]),
    );
    const model = { ...this.#model, tensors };
    const [gradients, first, second] = [tensors, tensors, tensors].map(zerosLike);
    const batch = (step: number) => takeImages(this.#images, batchAt(step, this.#batch, this.#images.count));
    const loss = this.#definition.gradient!(model, batch(0), gradients);
    adamTensors(tensors, gradients, first, second, 1, LEARNING_RATE);
    const next = batch(1);
    let after = 0;
    for (let m = 0; m < next.count; m++) after -= this.#definition.logLikelihood(model, unpackImage(next, m));
    return [loss / this.#batch, after / next.count];
  }
}
