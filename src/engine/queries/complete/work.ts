import type { KnownPixels } from '../../../data/known-pixels.ts';
import { type PackedImages, sliceImages, wordsPerImage } from '../../../data/images.ts';
import { forEachSlice } from '../../../data/slices.ts';
import type { CompletionFrame } from '../api.ts';
import type { Evaluator } from '../../backends/backend.ts';
import type { CpuModels, LoadedModel, LoadedModels } from '../loaded-models.ts';

export interface DrawRequest {
  readonly seed: number;
  readonly count: number;
}

/** Images from p(unknown | known). */
export interface ExactSamples {
  readonly images: PackedImages;
  /** log p(known) in nats. */
  readonly logMarginal: number;
}

/** Least time between two frames. */
const FRAME_MS = 1000 / 15;
/** Intended duration of a piece of work. */
const TARGET_MS = 25;

/** One running query: its model on the current backend, and its work in pieces that yield the thread in between. */
export class Work {
  readonly #models: LoadedModels;
  readonly #onFrame: (frame: CompletionFrame) => void;
  #lastFrame = -Infinity;
  /** Images of the first piece: as many as the pieces before reached. */
  #size = 16;

  constructor(
    models: LoadedModels,
    readonly loaded: LoadedModel,
    readonly signal: AbortSignal | undefined,
    onFrame: (frame: CompletionFrame) => void,
  ) {
    this.#models = models;
    this.#onFrame = onFrame;
  }

  cpuModels(): CpuModels {
    return this.#models.cpuModels(this.loaded);
  }

  /** Runs one piece of work, again from its start where the device is lost meanwhile. */
  async evaluate<T>(piece: (evaluator: Evaluator) => Promise<T>): Promise<T> {
    return await this.#models.evaluate(this.loaded, piece);
  }

  /** Does images 0 to total - 1 in pieces. */
  async inPieces(total: number, piece: (first: number, count: number) => Promise<void>): Promise<void> {
    const { signal } = this;
    const done = await forEachSlice(total, { targetMs: TARGET_MS, signal, size: this.#size, work: piece });
    if (done.ok) this.#size = done.value;
  }

  /** log p in nats of every image, [count]. */
  async logLikelihood(images: PackedImages): Promise<Float64Array<ArrayBuffer>> {
    const all = new Float64Array(images.count);
    await this.inPieces(images.count, async (first, count) => {
      all.set(
        await this.evaluate((evaluator) => evaluator.logLikelihood(sliceImages(images, first, count))),
        first,
      );
    });
    return all;
  }

  /** Whether a frame is due: otherwise the images need not be read back. */
  frameDue(): boolean {
    return performance.now() - this.#lastFrame >= FRAME_MS;
  }

  /** Sends a frame where one is due; `done` is 0 to 1. Known pixels are set in it, which the sampler may not have reached. */
  show(images: PackedImages, knownPixels: KnownPixels, done: number): void {
    if (!this.frameDue()) return;
    this.#lastFrame = performance.now();
    const stride = wordsPerImage(images.grid);
    const words = images.words.map((word, at) => word | knownPixels.image.words[at % stride]);
    this.#onFrame({ images: { ...images, words }, done });
  }
}
