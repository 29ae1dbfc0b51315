import { untrack } from 'svelte';
import type { PackedImages } from '../../data/images.ts';
import { indexRange } from '../../data/rng.ts';
import type { BackendStatus } from '../../engine/api.ts';
import type { Agreement, MethodFrame, SamplingApi } from '../../engine/queries/api.ts';
import type { SampleMethod } from '../../engine/backends/backend.ts';
import { QuestionChoices, type Turns } from '../questions/choices.svelte.ts';
import type { AskedModel } from '../questions/questions.svelte.ts';
import { Newest } from '../newest.ts';
import { observe } from '../observe.ts';
import { nextStep } from './step.ts';
import { type MethodWords, SAMPLING_METHODS } from './words.ts';

export interface MethodRow extends MethodWords {
  /** Why the model does not support the method; null where it does. */
  readonly reason: string | null;
  readonly frame: MethodFrame | null;
  /** Pixels that the last turn changed, 1 in the image; null before a second frame. */
  readonly changed: PackedImages | null;
}

export function isFinished({ frame }: MethodRow): boolean {
  return frame !== null && !frame.finished.includes(0);
}

/** The panel "How fast can it sample?": one model's images drawn by three sampling methods, side by side. */
export class SamplingComparison {
  readonly #asked: AskedModel;
  rows = $state.raw<readonly MethodRow[]>(
    SAMPLING_METHODS.map((words) => ({ ...words, reason: null, frame: null, changed: null })),
  );
  readonly #choices: QuestionChoices['sampling'];
  running = $state(false);
  /** Of each further supported method with the first one; null until all are finished. */
  agreements = $state.raw<readonly Agreement[] | null>(null);
  /** The backend that computed the images; null before a comparison. */
  backend = $state.raw<BackendStatus | null>(null);
  failure = $state('');
  /** Whether it is known which methods the model supports. */
  ready = $state(false);
  /** Whether method runs are open, paused or running. */
  begun = $state(false);
  /** What is under way; aborted by every change of model, size, seed or turns. */
  readonly #work = new Newest();
  #name: string | null = null;
  /** Iterations of each method's next turn. */
  #steps: Partial<Record<SampleMethod, number>> = {};

  constructor(asked: AskedModel) {
    this.#asked = asked;
    this.#choices = asked.panelState(QuestionChoices).sampling;
  }

  get size(): number {
    return this.#choices.size;
  }

  get seed(): number {
    return this.#choices.seed;
  }

  get turns(): Turns {
    return this.#choices.turns;
  }

  /** Why nothing can be drawn, in words; empty where something can. */
  idle = $derived.by<string>(() => {
    const { slot } = this.#asked;
    if (!slot.model) return slot.state === 'failed' ? slot.note : 'The model is getting ready …';
    return '';
  });

  supported = $derived(this.rows.filter((row) => row.reason === null));
  over = $derived(this.begun && this.supported.every(isFinished));

  /** Clears the rows whenever the model changes: for an effect of the panel. */
  follow(): void {
    const { slot } = this.#asked;
    const name = slot.engineName;
    // A model that was loaded again after the worker ended may have the same name.
    observe(slot.model);
    untrack(() => void this.#setModel(name));
  }

  /** Called when the panel closes. */
  pause(): void {
    this.running = false;
  }

  /** Starts, pauses or continues; after the end it draws the same images again. */
  toggle(): void {
    if (this.running) {
      this.running = false;
      return;
    }
    if (this.over || !this.begun) this.#clear();
    void this.#run();
  }

  newSeed(): void {
    this.#choices.seed = crypto.getRandomValues(new Uint32Array(1))[0] % 100_000;
    this.#restart();
  }

  setSize(size: number): void {
    this.#choices.size = size;
    this.#restart();
  }

  setTurns(turns: Turns): void {
    this.#choices.turns = turns;
    // Seconds of single iterations include messages to the worker and back: they cannot be compared with those of longer turns.
    this.#restart();
  }

  /** After a change of the settings a comparison that is running restarts; any other is cleared. */
  #restart(): void {
    const { running } = this;
    this.#clear();
    if (running) void this.#run();
  }

  async #setModel(name: string | null): Promise<void> {
    this.#clear();
    this.#name = name;
    this.ready = false;
    this.rows = this.rows.map((row) => ({ ...row, reason: null }));
    if (name === null) return;
    await this.#guarded(async (signal) => {
      const methods = await this.#queries.methods(name);
      signal.throwIfAborted();
      if (!methods.ok) this.failure = methods.reason;
      else this.rows = this.rows.map((row) => ({ ...row, reason: methods.value[row.method] }));
      this.ready = methods.ok;
    });
  }

  get #queries(): SamplingApi {
    return this.#asked.ports.engine.sampling;
  }

  #runName(method: SampleMethod): string {
    return `sampling-${this.#asked.side}-${method}`;
  }

  #clear(): void {
    const { begun } = this;
    this.#work.abort();
    this.running = this.begun = false;
    this.agreements = null;
    this.failure = '';
    this.#steps = {};
    this.rows = this.rows.map((row) => ({ ...row, frame: null, changed: null }));
    // That the worker has ended is reported elsewhere.
    if (begun)
      for (const { method } of SAMPLING_METHODS)
        this.#queries.end(this.#runName(method)).catch(() => undefined);
  }

  async #run(): Promise<void> {
    const name = this.#name;
    if (name === null || !this.ready) return;
    this.running = true;
    await this.#guarded(async (signal) => {
      if (!this.begun) await this.#openRuns(name, signal);
      while (this.running && !this.over && this.failure === '') {
        const next = this.#nextRows();
        const begun = performance.now();
        for (const row of next) await this.#advance(row, signal);
        await nextFrame();
        signal.throwIfAborted();
        if (this.turns === 'clock') this.#adaptSteps(next, performance.now() - begun);
      }
      if (this.over) await this.#compare(signal);
    });
  }

  /** Opens a run of every supported method. */
  async #openRuns(name: string, signal: AbortSignal): Promise<void> {
    this.begun = true;
    const { engine } = this.#asked.ports;
    const request = { seed: this.seed, indices: indexRange(0, this.size), temperature: 1 };
    for (const { method } of this.supported) {
      const frame = await this.#queries.start(this.#runName(method), name, method, request);
      signal.throwIfAborted();
      this.#setFrame(method, frame);
    }
    const status = await engine.status();
    signal.throwIfAborted();
    this.backend = status;
  }

  /** The rows that advance in the next turn. */
  #nextRows(): readonly MethodRow[] {
    const open = this.supported.filter((row) => !isFinished(row));
    if (this.turns === 'iterations') return open;
    const seconds = (row: MethodRow) => row.frame?.seconds ?? 0;
    return [...open].sort((a, b) => seconds(a) - seconds(b)).slice(0, 1);
  }

  async #advance({ method }: MethodRow, signal: AbortSignal): Promise<void> {
    const step = this.turns === 'iterations' ? 1 : (this.#steps[method] ?? 1);
    const frame = await this.#queries.advance(this.#runName(method), step);
    signal.throwIfAborted();
    this.#setFrame(method, frame);
  }

  /** Sets the iterations of the next turn. `before`: the rows before the turn that has ended; `taken`: its time in milliseconds. */
  #adaptSteps(before: readonly MethodRow[], taken: number): void {
    for (const { method, frame } of before) {
      const after = this.rows.find((row) => row.method === method)?.frame;
      const computing = 1000 * ((after?.seconds ?? 0) - (frame?.seconds ?? 0));
      this.#steps[method] = nextStep(this.#steps[method] ?? 1, computing, taken - computing);
    }
  }

  #setFrame(method: SampleMethod, frame: Awaited<ReturnType<SamplingApi['advance']>>): void {
    if (!frame.ok) {
      this.failure = frame.reason;
      return;
    }
    this.rows = this.rows.map((row) =>
      row.method === method
        ? {
            ...row,
            frame: frame.value,
            changed: row.frame && differenceOf(row.frame.images, frame.value.images),
          }
        : row,
    );
  }

  async #compare(signal: AbortSignal): Promise<void> {
    const [first, ...others] = this.supported.map(({ method }) => this.#runName(method));
    const agreements: Agreement[] = [];
    for (const other of others) {
      const agreed = await this.#queries.compare(first, other);
      signal.throwIfAborted();
      if (agreed.ok) agreements.push(agreed.value);
      else this.failure = agreed.reason;
    }
    this.running = false;
    this.agreements = agreements;
  }

  /** Runs `work`; what it throws becomes `failure`. That the worker has ended is reported elsewhere too, with a way to restart it. */
  async #guarded(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await this.#work.run(
      async (signal) => {
        await work(signal);
        if (this.failure !== '') this.running = this.begun = false;
      },
      (reason) => {
        this.failure = reason;
        this.running = this.begun = false;
      },
    );
  }
}

function differenceOf(before: PackedImages, after: PackedImages): PackedImages {
  return { ...after, words: after.words.map((word, at) => word ^ before.words[at]) };
}

/** Resolves on the next animation frame, so that the page shows every turn; after 100 ms where the page is hidden. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 100);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
