import { untrack } from 'svelte';
import { pixelCount, type PackedImages } from '../../data/images.ts';
import type { SampleMethod } from '../../engine/backends/backend.ts';
import type { AskedModel } from '../questions/questions.svelte.ts';
import { Newest } from '../newest.ts';
import { observe } from '../observe.ts';
import { nextStep } from './step.ts';
import { SAMPLING_METHODS } from './words.ts';

/** The passes that a method takes for one image; null where the model does not support it. */
export interface PassCount {
  readonly method: SampleMethod;
  readonly title: string;
  readonly passes: number | null;
}

/** How many passes each sampling method takes for the first image of seed 1, counted as soon as the question is open. */
export class PassCounts {
  readonly #asked: AskedModel;
  /** Null until all are counted. */
  counts = $state.raw<readonly PassCount[] | null>(null);
  /** The image that they drew. */
  image = $state.raw<PackedImages | null>(null);
  failure = $state('');
  readonly #work = new Newest();
  /** The model that `counts` is of. */
  #name: string | null = null;

  constructor(asked: AskedModel) {
    this.#asked = asked;
  }

  /** Counts whenever the model has changed: for an effect. */
  follow(): void {
    const { engineName, model } = this.#asked.slot;
    // A model that was loaded again after the worker ended may have the same name.
    observe(model);
    untrack(() => void this.#count(engineName));
  }

  /** For the end of the effect: what is not counted yet is counted when the question is opened again. */
  close(): void {
    this.#work.abort();
  }

  async #count(name: string | null): Promise<void> {
    if (name !== null && name === this.#name && this.counts) return;
    this.counts = this.image = null;
    this.failure = '';
    this.#name = name;
    await this.#work.run(
      async (signal) => {
        const { model } = this.#asked.slot;
        if (name === null || !model) return;
        const methods = await this.#asked.ports.engine.sampling.methods(name);
        signal.throwIfAborted();
        if (!methods.ok) throw new Error(methods.reason);
        const counts: PassCount[] = [];
        for (const { method, title } of SAMPLING_METHODS) {
          const passes =
            methods.value[method] !== null
              ? null
              : method === 'ancestral'
                ? pixelCount(model.grid)
                : await this.#passesOf(name, method, signal);
          counts.push({ method, title, passes });
        }
        this.counts = counts;
      },
      (reason) => (this.failure = reason),
    );
  }

  /** Draws one image to its end, in turns that let the engine answer others. */
  async #passesOf(name: string, method: SampleMethod, signal: AbortSignal): Promise<number> {
    const { sampling } = this.#asked.ports.engine;
    const run = `pass-count-${this.#asked.side}-${method}`;
    try {
      let frame = await sampling.start(run, name, method, {
        seed: 1,
        indices: Uint32Array.of(0),
        temperature: 1,
      });
      for (let step = 1; frame.ok && frame.value.finished[0] === 0;) {
        signal.throwIfAborted();
        const before = frame.value.seconds;
        const begun = performance.now();
        frame = await sampling.advance(run, step);
        if (!frame.ok) break;
        const computing = 1000 * (frame.value.seconds - before);
        step = nextStep(step, computing, performance.now() - begun - computing);
      }
      signal.throwIfAborted();
      if (!frame.ok) throw new Error(frame.reason);
      this.image = frame.value.images;
      return frame.value.finished[0];
    } finally {
      // That the worker has ended is reported elsewhere.
      await sampling.end(run).catch(() => undefined);
    }
  }
}
