import { untrack } from 'svelte';
import type { PackedImages } from '../../data/images.ts';
import { indexRange } from '../../data/rng.ts';
import type { BackendStatus } from '../../engine/api.ts';
import type { Agreement, SamplingApi, RaceFrame } from '../../engine/queries/api.ts';
import type { SampleMethod } from '../../engine/backends/backend.ts';
import type { Questions } from '../questions/questions.svelte.ts';
import { observe } from '../observe.ts';
import { nextStep } from './step.ts';
import { LANES, type MethodWords } from './words.ts';

export const RACE_IMAGES = [1, 16, 64] as const;

/** Who runs next: the lane that has computed least so far, or all together, a pass each. */
export type Turns = 'clock' | 'passes';

export interface Lane extends MethodWords {
  /** Why the model cannot; null where it can. */
  readonly reason: string | null;
  readonly frame: RaceFrame | null;
  /** Pixels that the last turn changed, 1 in the image; null before a second frame. */
  readonly changed: PackedImages | null;
}

export function isOver({ frame }: Lane): boolean {
  return frame !== null && !frame.finished.includes(0);
}

/** The panel "How fast can it dream?": one model's images drawn in three ways, side by side. */
export class Race {
  readonly #questions: Questions;
  lanes = $state.raw<readonly Lane[]>(
    LANES.map((words) => ({ ...words, reason: null, frame: null, changed: null })),
  );
  size = $state<number>(16);
  seed = $state(1);
  turns = $state<Turns>('clock');
  running = $state(false);
  /** Of the lanes that can run with the first of them; null until all are over. */
  agreements = $state.raw<readonly Agreement[] | null>(null);
  /** What computed the race; null before one. */
  backend = $state.raw<BackendStatus | null>(null);
  failure = $state('');
  /** Whether it is known which lanes the model can run. */
  ready = $state(false);
  /** Whether lanes stand on the line, paused or running. */
  begun = $state(false);
  /** A race of another model, size or seed is none of ours. */
  #generation = 0;
  #name: string | null = null;
  /** Passes of each lane's next turn. */
  #steps: Partial<Record<SampleMethod, number>> = {};

  constructor(questions: Questions) {
    this.#questions = questions;
  }

  /** Why nothing can run, in words; empty where something can. */
  idle = $derived.by<string>(() => {
    const { slot } = this.#questions;
    if (!slot.model) return slot.state === 'failed' ? slot.note : 'The model is getting ready …';
    if (slot.classifies)
      return 'A classifier only tells classes apart: it has no p(x) and no images to draw. Ask the other model, or choose one that dreams.';
    return '';
  });

  racers = $derived(this.lanes.filter((lane) => lane.reason === null));
  over = $derived(this.begun && this.racers.every(isOver));

  /** Clears the lanes whenever another model sits down: for an effect of the panel. */
  follow(): void {
    const { slot } = this.#questions;
    const name = slot.classifies ? null : slot.engineName;
    // A model that was loaded again after the engine died may have the same name.
    observe(slot.model);
    untrack(() => void this.#turnTo(name));
  }

  /** The panel closes. */
  rest(): void {
    this.running = false;
  }

  /** Starts, pauses or goes on; after the end, the same images again. */
  toggle(): void {
    if (this.running) {
      this.running = false;
      return;
    }
    if (this.over || !this.begun) this.#clear();
    void this.#run();
  }

  newSeed(): void {
    this.seed = crypto.getRandomValues(new Uint32Array(1))[0] % 100_000;
    this.#again();
  }

  setSize(size: number): void {
    this.size = size;
    this.#again();
  }

  setTurns(turns: Turns): void {
    this.turns = turns;
    // The other way of taking turns measures another thing: seconds by the pass hold the way there and back too.
    this.#again();
  }

  /** With other settings a race under way starts anew; one that is over is cleared from the lanes. */
  #again(): void {
    const { running } = this;
    this.#clear();
    if (running) void this.#run();
  }

  async #turnTo(name: string | null): Promise<void> {
    this.#clear();
    this.#name = name;
    this.ready = false;
    this.lanes = this.lanes.map((lane) => ({ ...lane, reason: null }));
    if (name === null) return;
    await this.#guarded(async (wanted) => {
      const methods = await this.#desk.methods(name);
      if (!wanted()) return;
      if (!methods.ok) this.failure = methods.reason;
      else this.lanes = this.lanes.map((lane) => ({ ...lane, reason: methods.value[lane.method] }));
      this.ready = methods.ok;
    });
  }

  get #desk(): SamplingApi {
    return this.#questions.ports.engine.sampling;
  }

  #clear(): void {
    const { begun } = this;
    this.#generation++;
    this.running = this.begun = false;
    this.agreements = null;
    this.failure = '';
    this.#steps = {};
    this.lanes = this.lanes.map((lane) => ({ ...lane, frame: null, changed: null }));
    // A dead engine is announced elsewhere.
    if (begun) for (const { method } of LANES) this.#desk.end(runnerOf(method)).catch(() => undefined);
  }

  async #run(): Promise<void> {
    const name = this.#name;
    if (name === null || !this.ready) return;
    this.running = true;
    await this.#guarded(async (wanted) => {
      if (!this.begun) await this.#line(name, wanted);
      while (wanted() && this.running && !this.over && this.failure === '') {
        const next = this.#next();
        const begun = performance.now();
        for (const lane of next) if (wanted()) await this.#advance(lane, wanted);
        await drawn();
        if (wanted() && this.turns === 'clock') this.#steer(next, performance.now() - begun);
      }
      if (wanted() && this.over) await this.#compare(wanted);
    });
  }

  /** Sets all lanes on the line. */
  async #line(name: string, wanted: () => boolean): Promise<void> {
    this.begun = true;
    const { engine } = this.#questions.ports;
    const request = { seed: this.seed, indices: indexRange(0, this.size), temperature: 1 };
    for (const { method } of this.racers) {
      const frame = await this.#desk.start(runnerOf(method), name, method, request);
      if (!wanted()) return;
      this.#take(method, frame);
    }
    const status = await engine.status();
    if (wanted()) this.backend = status;
  }

  /** Who runs now. */
  #next(): readonly Lane[] {
    const open = this.racers.filter((lane) => !isOver(lane));
    if (this.turns === 'passes') return open;
    const seconds = (lane: Lane) => lane.frame?.seconds ?? 0;
    return [...open].sort((a, b) => seconds(a) - seconds(b)).slice(0, 1);
  }

  async #advance({ method }: Lane, wanted: () => boolean): Promise<void> {
    const step = this.turns === 'passes' ? 1 : (this.#steps[method] ?? 1);
    const frame = await this.#desk.advance(runnerOf(method), step);
    if (wanted()) this.#take(method, frame);
  }

  /** `before`: the lanes of the turn that has ended, as they were; `taken`: all its time in milliseconds. */
  #steer(before: readonly Lane[], taken: number): void {
    for (const { method, frame } of before) {
      const after = this.lanes.find((lane) => lane.method === method)?.frame;
      const computing = 1000 * ((after?.seconds ?? 0) - (frame?.seconds ?? 0));
      this.#steps[method] = nextStep(this.#steps[method] ?? 1, computing, taken - computing);
    }
  }

  #take(method: SampleMethod, frame: Awaited<ReturnType<SamplingApi['advance']>>): void {
    if (!frame.ok) {
      this.failure = frame.reason;
      return;
    }
    this.lanes = this.lanes.map((lane) =>
      lane.method === method
        ? {
            ...lane,
            frame: frame.value,
            changed: lane.frame && differenceOf(lane.frame.images, frame.value.images),
          }
        : lane,
    );
  }

  async #compare(wanted: () => boolean): Promise<void> {
    const [first, ...others] = this.racers.map(({ method }) => runnerOf(method));
    const agreements: Agreement[] = [];
    for (const other of others) {
      const agreed = await this.#desk.compare(first, other);
      if (!wanted()) return;
      if (agreed.ok) agreements.push(agreed.value);
      else this.failure = agreed.reason;
    }
    this.running = false;
    this.agreements = agreements;
  }

  /** The engine's time: exceptions end in words, and nobody hears of a race that was called off. */
  async #guarded(work: (wanted: () => boolean) => Promise<void>): Promise<void> {
    const generation = this.#generation;
    const wanted = () => generation === this.#generation;
    try {
      await work(wanted);
    } catch (error) {
      // A dead worker is announced elsewhere, with the way out.
      if (wanted()) this.failure = error instanceof Error ? error.message : String(error);
    }
    if (wanted() && this.failure !== '') this.running = this.begun = false;
  }
}

function runnerOf(method: SampleMethod): string {
  return `race-${method}`;
}

function differenceOf(before: PackedImages, after: PackedImages): PackedImages {
  return { ...after, words: after.words.map((word, at) => word ^ before.words[at]) };
}

/** The page shows what there is before the next turn; a hidden one shows nothing and does not wait for long. */
function drawn(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 100);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
