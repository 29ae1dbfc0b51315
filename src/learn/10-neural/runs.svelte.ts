import { untrack } from 'svelte';
import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import { binarise } from '../../data/binarise.ts';
import { wordsOf } from '../../data/error-words.ts';
import type { PackedImages } from '../../data/images.ts';
import { poolImages } from '../../data/pool.ts';
import { type Family, GRID, PLANS } from './families.ts';
import { type Checkpoint, TrainingRun } from './training.ts';

/** Milliseconds of training between two frames of the page. */
const SLICE = 12;

type ByFamily<T> = Readonly<Partial<Record<Family, T>>>;

/** One run of every family, on the starter digits, in the page itself: they are small, and every checkpoint's weights are looked at. */
export class Runs {
  readonly #tools: ChapterTools;
  /** Binary, on GRID; null while they are on their way. */
  digits = $state.raw<PackedImages | null>(null);
  /** Why there are no digits or no training; empty where there are. */
  failure = $state('');
  #kept = $state.raw<ByFamily<readonly Checkpoint[]>>({});
  /** The family that is being trained and its steps so far; null while none is. */
  now = $state.raw<{ readonly family: Family; readonly step: number } | null>(null);
  #runs: ByFamily<TrainingRun> = {};
  #stop: AbortController | null = null;
  #figures = 0;

  constructor(tools: ChapterTools) {
    this.#tools = tools;
  }

  /** None while the digits are on their way; one of step 0 before training. */
  checkpoints(family: Family): readonly Checkpoint[] {
    return this.#kept[family] ?? [];
  }

  done(family: Family): boolean {
    return this.checkpoints(family).at(-1)?.step === PLANS[family].steps;
  }

  /** Called by a figure when it comes; the function it gets back is called when the figure goes. */
  open(): () => void {
    this.#figures++;
    void this.load();
    return () => {
      this.#figures--;
      if (this.#figures === 0) this.stop();
    };
  }

  async load(): Promise<void> {
    if (untrack(() => this.digits)) return;
    this.failure = '';
    const fetched = await this.#tools.digits('starter');
    const pooled = fetched.ok ? poolImages(fetched.value, GRID) : fetched;
    if (pooled.ok) this.digits ??= binarise(pooled.value, { kind: 'threshold' });
    else this.failure = pooled.reason;
  }

  /** Makes the family's network, not trained yet, once the digits are there. */
  prepare(family: Family): void {
    if (this.digits) this.#run(family, this.digits);
  }

  /** Trains on from where the family's run stands until it is done or stopped, in slices between which the page lives on. */
  async train(family: Family): Promise<void> {
    if (!this.digits || this.now) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.failure = '';
    const run = this.#run(family, this.digits);
    try {
      while (!run.done && !stop.signal.aborted) {
        const until = performance.now() + SLICE;
        do run.advance();
        while (performance.now() < until);
        this.now = { family, step: run.step };
        if (run.checkpoints.length > this.checkpoints(family).length) this.#keep(run);
        await new Promise((resolve) => setTimeout(resolve));
      }
    } catch (error) {
      this.failure = wordsOf(error);
    } finally {
      this.now = null;
    }
  }

  stop(): void {
    this.#stop?.abort();
  }

  /** Forgets the family's run and begins it again at step 0. */
  restart(family: Family): void {
    this.#runs = { ...this.#runs, [family]: undefined };
    this.prepare(family);
  }

  #run(family: Family, digits: PackedImages): TrainingRun {
    const known = this.#runs[family];
    if (known) return known;
    const run = new TrainingRun(family, digits);
    this.#runs = { ...this.#runs, [family]: run };
    this.#keep(run);
    return run;
  }

  #keep(run: TrainingRun): void {
    const before = untrack(() => this.#kept);
    this.#kept = { ...before, [run.family]: [...run.checkpoints] };
  }
}
