import type { Evidence } from '../../../data/known-pixels.ts';
import { type PackedImages, sliceImages, wordsPerImage } from '../../../data/images.ts';
import type { CompletionFrame } from '../api.ts';
import type { Evaluator } from '../../backends/backend.ts';
import type { CpuModels, LoadedModel, LoadedModels } from '../loaded-models.ts';

/** The query was superseded or cancelled. Work throws it, and the class of the queries turns it into a failure. */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

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
/** Target duration of a piece of work before the thread yields. */
const TARGET_MS = 25;
const INITIAL_SIZE = 16;
const MAX_SIZE = 4096;

/** One running query: its model on the current backend, and its work in pieces that yield the thread in between. */
export class Work {
  readonly #models: LoadedModels;
  readonly #wanted: () => boolean;
  readonly #onFrame: (frame: CompletionFrame) => void;
  #lastFrame = -Infinity;
  #size = INITIAL_SIZE;

  constructor(
    models: LoadedModels,
    readonly loaded: LoadedModel,
    wanted: () => boolean,
    onFrame: (frame: CompletionFrame) => void,
  ) {
    this.#models = models;
    this.#wanted = wanted;
    this.#onFrame = onFrame;
  }

  cpuModels(): CpuModels {
    return this.#models.cpuModels(this.loaded);
  }

  /** Runs one piece of work, again from its start where the device is lost meanwhile. */
  async evaluate<T>(piece: (evaluator: Evaluator) => Promise<T>): Promise<T> {
    return await this.#models.evaluate(this.loaded, piece);
  }

  /** Yields to the event loop. Throws SupersededError where the query is superseded. */
  async turn(): Promise<void> {
    await this.#models.yieldToEventLoop();
    if (!this.#wanted()) throw new SupersededError();
  }

  /** Slices 0 to total - 1 into pieces of about TARGET_MS and yields after each. Results must not depend on the slicing. */
  async inPieces(total: number, piece: (first: number, count: number) => Promise<void>): Promise<void> {
    for (let first = 0; first < total;) {
      const count = Math.min(this.#size, total - first);
      const begun = performance.now();
      await piece(first, count);
      const elapsed = performance.now() - begun;
      first += count;
      if (elapsed < TARGET_MS / 2 && count === this.#size) this.#size = Math.min(MAX_SIZE, count * 2);
      else if (elapsed > TARGET_MS * 2) this.#size = Math.max(1, count >> 1);
      await this.turn();
    }
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
  show(images: PackedImages, evidence: Evidence, done: number): void {
    if (!this.frameDue()) return;
    this.#lastFrame = performance.now();
    const stride = wordsPerImage(images.grid);
    const words = images.words.map((word, at) => word | evidence.image.words[at % stride]);
    this.#onFrame({ images: { ...images, words }, done });
  }
}
