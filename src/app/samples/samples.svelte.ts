import { wordsOf } from '../../data/error-words.ts';
import { pixelCount } from '../../data/images.ts';
import { indexRange } from '../../data/rng.ts';
import type { Engine, SampleFrame } from '../../engine/api.ts';
import { TEMPERATURE } from '../experiment.ts';
import type { ModelSlot } from '../compare/model-slot.svelte.ts';
import { letterOf, type Side, SIDES } from '../sides.ts';
import { SampleReplay } from './replay.svelte.ts';

/** Images in one sample grid. */
export const SAMPLE_COUNT = 12;
/** Time that finished images stay before new ones begin, in milliseconds. */
const REST_MS = 2500;
/** Speeds on offer: seconds from the first pixel to the last. */
export const PACES = [
  { name: 'slow', seconds: 20 },
  { name: 'steady', seconds: 6 },
  { name: 'quick', seconds: 2 },
  { name: 'at once', seconds: 0 },
] as const;
export type Pace = (typeof PACES)[number]['name'];

/** Least time between two steps of the grids, in milliseconds: thirty a second look the same as sixty, at half of the work. */
const STEP_MS = 30;
/** Time between two looks at paused grids, in milliseconds: nothing changes on the page meanwhile. */
const PAUSED_MS = 100;

/** Time until a failed sample grid is retried, in milliseconds: doubled by every further failure. */
const RETRY_MS = { first: 500, max: 30_000 } as const;

interface OpenSampler {
  frame: SampleFrame;
}

/** Why a sample grid does not advance. */
interface Failure {
  readonly reason: string;
  /** Timestamp of the animation frames. */
  readonly retryAt: number;
  readonly delay: number;
}

/** Two grids of samples, one for each model: finished at once, or drawn pixel by pixel at the same pace where the visitor watches. */
export class SampleGrids {
  readonly #engine: Engine;
  readonly #slots: Record<Side, ModelSlot>;
  /** One of the images, drawn once more on demand. */
  readonly replay: SampleReplay;
  /** Whether pixels are being drawn for the visitor to watch. */
  running = $state(false);
  pace = $state<Pace>('at once');
  seed = $state(1);
  temperature = $state(1);
  /** Number of the first image of the grids: image i is a function of (model, seed, i) alone. */
  first = $state(0);
  left = $state.raw<SampleFrame | null>(null);
  right = $state.raw<SampleFrame | null>(null);
  #failures = $state.raw<Readonly<Record<Side, Failure | null>>>({ left: null, right: null });
  /** Why grids do not advance, in words; empty where both do. They are retried automatically. */
  failure = $derived(
    SIDES.flatMap((side) => {
      const failed = this.#failures[side];
      return failed ? [`Model ${letterOf(side)}: ${failed.reason}. It is tried again.`] : [];
    }).join(' '),
  );
  /** Called when the seed or the temperature has changed. */
  onChange: () => void = () => undefined;
  /** Pixels that both grids have decided, and pixels of an image; 0 where neither model can draw images. */
  progress = $derived.by(() => {
    const frames = SIDES.map((side) => this[side]).filter((frame) => frame !== null);
    return {
      position: frames.length > 0 ? Math.min(...frames.map((frame) => frame.position)) : 0,
      pixels: Math.max(0, ...frames.map((frame) => pixelCount(frame.images.grid))),
    };
  });
  /** Whether images are shown finished at any pace until the visitor watches: a link has a pace, and nothing moves by itself. */
  #finishedFirst = false;
  #open: Record<Side, OpenSampler | null> = { left: null, right: null };
  #busy = false;
  /** Increases where a grid restarts: results of earlier generations are dropped. */
  readonly #generations: Record<Side, number> = { left: 0, right: 0 };
  #clock = 0;
  #lastTick = 0;
  #restSince: number | null = null;
  #lastStep = -Infinity;
  #frame: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(engine: Engine, slots: Record<Side, ModelSlot>) {
    this.#engine = engine;
    this.#slots = slots;
    this.replay = new SampleReplay(engine, slots);
  }

  /** Draws image `at` of a grid once more, slowly; with `still` it waits for the visitor. */
  async replayImage(side: Side, at: number, still: boolean): Promise<void> {
    const { seed, first, temperature } = this;
    await this.replay.open({ side, seed, index: first + at, temperature }, still);
  }

  /** Begins to draw. Nothing moves before `toggle`. */
  start(): void {
    this.#lastTick = performance.now();
    if (this.#timer === null) this.#frame ??= requestAnimationFrame(this.#tick);
  }

  stop(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#frame = this.#timer = null;
  }

  /** Shows what a link names: finished, until the visitor watches. */
  showLinked(linked: Pick<SampleGrids, 'seed' | 'temperature' | 'pace' | 'first'>): void {
    const { seed, temperature, pace, first } = linked;
    Object.assign(this, { seed, temperature, pace, first });
    this.running = false;
    this.#finishedFirst = true;
    this.restart();
  }

  /** Watch or pause. Finished images are drawn again from their first pixel, then the next follow. */
  toggle(): void {
    this.running = !this.running;
    if (this.running && this.pace === 'at once') this.pace = 'steady';
    this.#finishedFirst = false;
    if (this.running && this.#finished()) this.restart();
    this.#wake();
  }

  newSeed(): void {
    this.#stopWatching();
    this.seed = crypto.getRandomValues(new Uint32Array(1))[0] % 100000;
    this.first = 0;
    this.restart();
    this.onChange();
  }

  setTemperature(temperature: number): void {
    this.#stopWatching();
    this.temperature = Math.min(TEMPERATURE.max, Math.max(TEMPERATURE.min, temperature));
    this.restart();
    this.onChange();
  }

  /** The same images again from their first pixel. */
  restart(): void {
    for (const side of SIDES) this.#forget(side);
    this.#clock = 0;
  }

  /** Where the visitor has paused, other images are shown finished: they would not go on by themselves. */
  #stopWatching(): void {
    if (!this.running) this.pace = 'at once';
  }

  /** Empties both grids until other models are loaded. */
  clear(): void {
    this.first = 0;
    this.restart();
    this.left = this.right = null;
    for (const side of SIDES) void this.#close(side);
  }

  /** Restarts one grid from its first pixel; it catches up with the other one. */
  reopen(side: Side): void {
    this.#forget(side);
    if (this.#slots[side].canSample) return;
    this[side] = null;
    void this.#close(side);
  }

  #forget(side: Side): void {
    this.#generations[side]++;
    this.#open[side] = null;
    this.#failures = { ...this.#failures, [side]: null };
    this.#restSince = null;
    this.#wake();
  }

  async #close(side: Side): Promise<void> {
    try {
      await this.#engine.closeSampler(side);
    } catch {
      // An engine that has ended has no open samplers.
    }
  }

  #next(): void {
    this.first += SAMPLE_COUNT;
    this.restart();
  }

  #finished(): boolean {
    const sides = this.#samplingSides();
    return sides.length > 0 && sides.every((side) => this.#open[side]?.frame.position === this.#pixels());
  }

  #samplingSides(): readonly Side[] {
    return SIDES.filter((side) => this.#slots[side].canSample);
  }

  /** Pixels of an image: both models share one grid. */
  #pixels(): number {
    const model = (this.#slots.left.model ?? this.#slots.right.model)?.grid;
    return model ? pixelCount(model) : 0;
  }

  #tick = (now: number): void => {
    this.#schedule();
    // After a hidden tab or a slow frame the images do not jump ahead.
    const passed = Math.min(100, Math.max(0, now - this.#lastTick));
    this.#lastTick = now;
    const seconds = PACES.find((each) => each.name === this.pace)!.seconds;
    const pixels = this.#pixels();
    if (seconds === 0 || this.#finishedFirst) this.#clock = pixels;
    else if (this.running) this.#clock = Math.min(pixels, this.#clock + (passed * pixels) / (seconds * 1000));
    if (this.#finished() && this.running) {
      this.#restSince ??= now;
      if (now - this.#restSince >= REST_MS) this.#next();
    }
    if (this.#busy || now - this.#lastStep < STEP_MS) return;
    this.#lastStep = now;
    void this.#draw(now);
  };

  /** The next tick: with the next frame, or later where the grids are paused. */
  #schedule(): void {
    this.#frame = null;
    if (this.running) this.#frame = requestAnimationFrame(this.#tick);
    else this.#timer = setTimeout(() => this.#wake(), PAUSED_MS);
  }

  #wake(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#frame = requestAnimationFrame(this.#tick);
  }

  async #draw(now: number): Promise<void> {
    this.#busy = true;
    const due = this.#samplingSides().filter((side) => (this.#failures[side]?.retryAt ?? 0) <= now);
    await Promise.all(due.map((side) => this.#attempt(side, now)));
    this.#busy = false;
  }

  /** Advances one grid. One that fails is reopened later with the same images, and catches up with the other one. */
  async #attempt(side: Side, now: number): Promise<void> {
    const generation = this.#generations[side];
    let reason: string | null;
    try {
      reason = await this.#advance(side);
    } catch (error) {
      reason = wordsOf(error);
    }
    const before = this.#failures[side];
    if (generation !== this.#generations[side] || (reason === null && before === null)) return;
    let failed: Failure | null = null;
    if (reason !== null) {
      const delay = before ? Math.min(RETRY_MS.max, 2 * before.delay) : RETRY_MS.first;
      failed = { reason: reason.replace(/\.$/, ''), retryAt: now + delay, delay };
      this.#open[side] = null;
    }
    this.#failures = { ...this.#failures, [side]: failed };
  }

  /** Resolves with the reason where it fails. */
  async #advance(side: Side): Promise<string | null> {
    const generation = this.#generations[side];
    const opened = this.#open[side] ?? (await this.#openSampler(side, generation));
    if (typeof opened === 'string') return opened;
    if (!opened || generation !== this.#generations[side]) return null;
    this.#open[side] = opened;
    const due = Math.floor(this.#clock) - opened.frame.position;
    if (due > 0) {
      const frame = await this.#engine.advanceSampler(side, due);
      if (generation !== this.#generations[side]) return null;
      if (!frame.ok) return frame.reason;
      opened.frame = frame.value;
    }
    if (this[side] !== opened.frame) this[side] = opened.frame;
    return null;
  }

  /** The opened sampler, the reason why opening failed, or null where the grid has restarted meanwhile. */
  async #openSampler(side: Side, generation: number): Promise<OpenSampler | string | null> {
    const model = this.#slots[side].engineName;
    if (model === null) return null;
    const { seed, temperature } = this;
    const indices = indexRange(this.first, SAMPLE_COUNT);
    const frame = await this.#engine.openSampler(side, model, { seed, indices, temperature });
    if (generation !== this.#generations[side]) {
      // The call that restarted the grid could not close it: it was not open yet.
      if (frame.ok) await this.#close(side);
      return null;
    }
    if (!frame.ok) return frame.reason;
    await this.#slots[side].releaseAllBut(model);
    return { frame: frame.value };
  }
}
