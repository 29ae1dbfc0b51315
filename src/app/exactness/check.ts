import { type ChiSquared, chiSquaredTest } from '../../stats/chi-squared.ts';
import { allImages, histogram, imageCount } from '../../data/enumerate.ts';
import { getPixel, type Grid, type GreyImages, pixelCount } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import { indexRange } from '../../data/rng.ts';
import type { Engine, SampleFrame } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import { folderSpec, trainingOf } from '../../models/registry.ts';
import type { Hyper, Model } from '../../models/types.ts';
import type { Turn } from '../turn.ts';
import { whileLoaded } from '../while-loaded.ts';

/** Allowed distance of the sum over all images from 1. */
export const SUM_TOLERANCE = 1e-5;
/** Significance level: with a smaller p-value the sampler counts as wrong. */
export const AUDIT_LEVEL = 1e-4;
export const CANCELLED = 'cancelled';

/** Images scored, and samples drawn, between two checks for cancellation. */
const PART = 4096;
/** Images read at a time; each takes a call of its own. */
const READS = 32;
const TRAINING = { epochs: 8, batchSize: 100, learningRate: 0.01 } as const;

/** Called with the sum so far. */
type OnSum = (sum: number) => void;

/**
 * The engine calls of the exactness page, one at a time and each in short parts, so that the pad and the sample
 * grids stay responsive. All calls fail with `CANCELLED` once `cancel` was called.
 */
export class ExactnessCheck {
  readonly #engine: Engine;
  readonly #turn: Turn;
  #cancelled = false;
  #training = false;

  constructor(engine: Engine, turn: Turn) {
    this.#engine = engine;
    this.#turn = turn;
  }

  cancel(): void {
    this.#cancelled = true;
    if (this.#training) void this.#engine.stop().catch(() => undefined);
  }

  /** Trains briefly: the quality of the model does not matter for the check. */
  async train(family: string, hyper: Hyper, images: GreyImages): Promise<Result<Model>> {
    const done = await this.#turn.take();
    try {
      if (this.#isCancelled()) return fail(CANCELLED);
      this.#training = true;
      const outcome = await this.#engine.train(
        jobOf({
          runId: `exactness ${family}`,
          family,
          grid: images.grid,
          hyper,
          images: { kind: 'grey', images },
          binarisation: { kind: 'stochastic', seed: 0 },
          seed: 1,
          ...TRAINING,
          batchSize: Math.min(TRAINING.batchSize, trainingOf(folderSpec(family)).batchSize),
        }),
        () => undefined,
      );
      if (this.#isCancelled()) return fail(CANCELLED);
      return outcome.ok ? ok(outcome.value.model) : outcome;
    } finally {
      this.#training = false;
      done();
    }
  }

  /** Loads a model for as long as `work` takes. */
  async with<T>(model: Model, work: (name: string) => Promise<Result<T>>): Promise<Result<T>> {
    const name = `exactness ${++serial}`;
    return await whileLoaded(this.#engine, name, model, () => work(name));
  }

  /** p(x) of all 2^n images, [2^n]. */
  async table(name: string, grid: Grid, onSum: OnSum): Promise<Result<Float64Array<ArrayBuffer>>> {
    const all = imageCount(grid);
    const table = new Float64Array(all);
    let sum = 0;
    for (let first = 0; first < all; first += PART) {
      if (this.#isCancelled()) return fail(CANCELLED);
      const scores = await this.#engine.score(name, allImages(grid, first, Math.min(PART, all - first)));
      if (!scores.ok) return scores;
      scores.value.forEach((logp, i) => {
        table[first + i] = Math.exp(logp);
        sum += table[first + i];
      });
      onSum(sum);
    }
    return ok(table);
  }

  /** How often each image was drawn among the samples numbered 0 to count - 1, [2^n]. */
  async draw(name: string, grid: Grid, count: number): Promise<Result<Float64Array<ArrayBuffer>>> {
    const counts = new Float64Array(imageCount(grid));
    for (let first = 0; first < count; first += PART) {
      if (this.#isCancelled()) return fail(CANCELLED);
      const indices = indexRange(first, Math.min(PART, count - first));
      const frame = await this.#sample(name, indices, pixelCount(grid));
      if (!frame.ok) return frame;
      histogram(frame.value.images, counts);
    }
    return ok(counts);
  }

  /** Draws complete samples; the sampler is closed in any case. */
  async #sample(
    name: string,
    indices: Uint32Array<ArrayBuffer>,
    pixels: number,
  ): Promise<Result<SampleFrame>> {
    try {
      const opened = await this.#engine.openSampler(name, name, { seed: 1, indices, temperature: 1 });
      return opened.ok ? await this.#engine.advanceSampler(name, pixels) : opened;
    } finally {
      await this.#engine.closeSampler(name).catch(() => undefined);
    }
  }

  /**
   * A planted error: p(x) where the logits of several models are averaged pixel by pixel, as if the mean were a
   * conditional. [2^n]
   */
  async averagedLogits(
    names: readonly string[],
    grid: Grid,
    onSum: OnSum,
  ): Promise<Result<Float64Array<ArrayBuffer>>> {
    const all = imageCount(grid);
    const n = pixelCount(grid);
    const table = new Float64Array(all);
    let sum = 0;
    for (let first = 0; first < all; first += READS) {
      if (this.#isCancelled()) return fail(CANCELLED);
      const batch = Array.from({ length: Math.min(READS, all - first) }, (_, i) => first + i);
      const read = await Promise.all(
        batch.map(async (number) => {
          const image = allImages(grid, number, 1);
          const mean = new Float64Array(n);
          for (const name of names) {
            const reading = await this.#engine.read(name, image);
            if (!reading.ok) return reading;
            reading.value.density?.conditionals.forEach((p, i) => (mean[i] += logit(p) / names.length));
          }
          let product = 1;
          for (let i = 0; i < n; i++) product /= 1 + Math.exp(getPixel(image, 0, i) ? -mean[i] : mean[i]);
          return ok(product);
        }),
      );
      for (const [i, product] of read.entries()) {
        if (!product.ok) return product;
        table[first + i] = product.value;
        sum += product.value;
      }
      onSum(sum);
    }
    return ok(table);
  }

  /** Checked after every wait. */
  #isCancelled(): boolean {
    return this.#cancelled;
  }
}

export function audit(counts: Float64Array, table: Float64Array): ChiSquared {
  return chiSquaredTest(counts, table);
}

let serial = 0;

/** Clamped, because probabilities are f32 and may have rounded to 0 or 1. */
function logit(p: number): number {
  const clamped = Math.min(1 - 2 ** -24, Math.max(2 ** -100, p));
  return Math.log(clamped) - Math.log1p(-clamped);
}
