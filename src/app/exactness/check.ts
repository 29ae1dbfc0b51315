import { type ChiSquared, chiSquaredTest } from '../../stats/chi-squared.ts';
import { allImages, histogram, imageCount } from '../../data/enumerate.ts';
import {
  getPixel,
  type Grid,
  type GreyImages,
  type PackedImages,
  pixelCount,
  sliceImages,
} from '../../data/images.ts';
import { ok, type Result } from '../../data/result.ts';
import { indexRange } from '../../data/rng.ts';
import { forEachSlice } from '../../data/slices.ts';
import type { Engine, SampleFrame } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import { folderSpec, trainingOf } from '../../models/registry.ts';
import type { Hyper, Model } from '../../models/model.ts';
import { trainInTurn, type Turn } from '../turn.ts';
import { whileLoaded } from '../while-loaded.ts';

/** Allowed distance of the sum over all images from 1. */
export const SUM_TOLERANCE = 1e-5;
/** Significance level: with a smaller p-value the sampler counts as wrong. */
export const AUDIT_LEVEL = 1e-4;

/** Intended time of a call of the engine, and of some that read one image each. */
const SLICE_MS = 50;
const TRAINING = { epochs: 8, batchSize: 100, learningRate: 0.01 } as const;

/** Called with the sum so far. */
type OnSum = (sum: number) => void;

/**
 * The engine calls of the exactness page, one at a time and each in short parts, so that the pad and the sample
 * grids stay responsive. All calls reject once the signal is aborted.
 */
export class ExactnessCheck {
  readonly #engine: Engine;

  constructor(
    private readonly ports: { readonly engine: Engine; readonly turn: Turn },
    readonly signal: AbortSignal,
  ) {
    this.#engine = ports.engine;
  }

  /** Trains briefly: the quality of the model does not matter for the check. */
  async train(family: string, hyper: Hyper, images: GreyImages): Promise<Result<Model>> {
    const outcome = await trainInTurn(
      this.ports,
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
      this.signal,
    );
    return outcome.ok ? ok(outcome.value.model) : outcome;
  }

  /** Loads a model for as long as `work` takes. */
  async with<T>(model: Model, work: (name: string) => Promise<Result<T>>): Promise<Result<T>> {
    const name = `exactness ${++serial}`;
    return await whileLoaded(this.#engine, name, model, () => work(name));
  }

  /** p(x) of all 2^n images, [2^n]. */
  table(name: string, grid: Grid, onSum: OnSum): Promise<Result<Float64Array<ArrayBuffer>>> {
    return this.#fill(grid, onSum, async (images) => {
      const scores = await this.#engine.score(name, images, this.signal);
      return scores.ok ? ok(scores.value.map((nats) => Math.exp(nats))) : scores;
    });
  }

  /** How often each image was drawn among the samples numbered 0 to count - 1, [2^n]. */
  async draw(name: string, grid: Grid, count: number): Promise<Result<Float64Array<ArrayBuffer>>> {
    const counts = new Float64Array(imageCount(grid));
    const drawn = await forEachSlice(count, {
      targetMs: SLICE_MS,
      signal: this.signal,
      work: async (first, some) => {
        const frame = await this.#sample(name, indexRange(first, some), pixelCount(grid));
        if (frame.ok) histogram(frame.value.images, counts);
        return frame;
      },
    });
    return drawn.ok ? ok(counts) : drawn;
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
    const n = pixelCount(grid);
    const product = async (image: PackedImages): Promise<Result<number>> => {
      const mean = new Float64Array(n);
      for (const name of names) {
        const reading = await this.#engine.read(name, image);
        if (!reading.ok) return reading;
        reading.value.density?.conditionals.forEach((p, i) => (mean[i] += logit(p) / names.length));
      }
      return ok(mean.reduce((all, z, i) => all / (1 + Math.exp(getPixel(image, 0, i) ? -z : z)), 1));
    };
    return await this.#fill(grid, onSum, async (images) => {
      const each = Array.from({ length: images.count }, (_, m) => product(sliceImages(images, m, 1)));
      const products = await Promise.all(each);
      const failed = products.find(({ ok: done }) => !done);
      return failed?.ok === false ? failed : ok(products.map((one) => (one.ok ? one.value : NaN)));
    });
  }

  /** A table of all 2^n images in slices; `onSum` is given its sum so far. */
  async #fill(
    grid: Grid,
    onSum: OnSum,
    probabilities: (images: PackedImages) => Promise<Result<ArrayLike<number>>>,
  ): Promise<Result<Float64Array<ArrayBuffer>>> {
    const table = new Float64Array(imageCount(grid));
    let sum = 0;
    const filled = await forEachSlice(table.length, {
      targetMs: SLICE_MS,
      signal: this.signal,
      work: async (first, count) => {
        const slice = await probabilities(allImages(grid, first, count));
        if (!slice.ok) return slice;
        table.set(slice.value, first);
        for (let at = first; at < first + count; at++) sum += table[at];
        onSum(sum);
        return slice;
      },
    });
    return filled.ok ? ok(table) : filled;
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
