import { pixelCount } from '../data/images.ts';
import { indexRange } from '../data/rng.ts';
import type { Engine, WallFrame } from '../engine/api.ts';
import { SUPERSEDED } from '../engine/asks.ts';
import { TEMPERATURE } from './experiment.ts';
import type { Reader, Side } from './reader.svelte.ts';

/** Images on one wall. */
export const WALL_IMAGES = 18;
/** Time that finished images stay up before new ones begin, in milliseconds. */
const REST_MS = 2500;
/** Speeds on offer: seconds from the first pixel to the last. */
export const PACES = [
  { name: 'slow', seconds: 20 },
  { name: 'steady', seconds: 6 },
  { name: 'quick', seconds: 2 },
  { name: 'at once', seconds: 0 },
] as const;
export type Pace = (typeof PACES)[number]['name'];

interface OpenWall {
  frame: WallFrame;
}

const SIDES = ['left', 'right'] as const;

/** Two walls of samples, one a model, drawn pixel by pixel at one common pace. */
export class Walls {
  readonly #engine: Engine;
  readonly #readers: Record<Side, Reader>;
  running = $state(true);
  pace = $state<Pace>('steady');
  seed = $state(1);
  temperature = $state(1);
  /** Number of the first image on the walls: image i is a function of (model, seed, i) alone. */
  first = $state(0);
  left = $state.raw<WallFrame | null>(null);
  right = $state.raw<WallFrame | null>(null);
  failure = $state('');
  /** Called when seed or temperature were changed. */
  onChange: () => void = () => undefined;
  /** Pixels that both walls have decided, and how many there are; 0 of them where neither model dreams. */
  progress = $derived.by(() => {
    const frames = SIDES.map((side) => this[side]).filter((frame) => frame !== null);
    return {
      position: frames.length > 0 ? Math.min(...frames.map((frame) => frame.position)) : 0,
      pixels: Math.max(0, ...frames.map((frame) => pixelCount(frame.images.grid))),
    };
  });
  #open: Record<Side, OpenWall | null> = { left: null, right: null };
  #busy = false;
  #generation = 0;
  #clock = 0;
  #lastTick = 0;
  #restSince: number | null = null;
  #frame: number | null = null;

  constructor(engine: Engine, readers: Record<Side, Reader>) {
    this.#engine = engine;
    this.#readers = readers;
  }

  /** Shows the walls; with `still` finished images appear at once and nothing moves until asked. */
  start(still: boolean): void {
    if (still) {
      this.running = false;
      this.pace = 'at once';
    }
    this.#lastTick = performance.now();
    this.#frame ??= requestAnimationFrame(this.#tick);
  }

  stop(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  toggle(): void {
    this.running = !this.running;
    if (this.running && this.pace === 'at once') this.pace = 'steady';
    if (this.running && this.#finished()) this.#next();
  }

  newSeed(): void {
    this.seed = crypto.getRandomValues(new Uint32Array(1))[0] % 100000;
    this.first = 0;
    this.restart();
    this.onChange();
  }

  setTemperature(temperature: number): void {
    this.temperature = Math.min(TEMPERATURE.max, Math.max(TEMPERATURE.min, temperature));
    this.restart();
    this.onChange();
  }

  /** The same images again from their first pixel. */
  restart(): void {
    this.#generation++;
    this.#open = { left: null, right: null };
    this.#clock = 0;
    this.#restSince = null;
  }

  /** Nothing on the walls until other models dream. */
  clear(): void {
    this.first = 0;
    this.restart();
    this.left = this.right = null;
  }

  /** One wall again from its first pixel, up to where the other one is. */
  reopen(side: Side): void {
    this.#generation++;
    this.#open[side] = null;
    this.#restSince = null;
    if (this.#readers[side].dreams) return;
    this[side] = null;
    this.failure = '';
    void this.#engine.closeWall(side);
  }

  #next(): void {
    this.first += WALL_IMAGES;
    this.restart();
  }

  #finished(): boolean {
    const dreaming = this.#dreaming();
    return (
      dreaming.length > 0 && dreaming.every((side) => this.#open[side]?.frame.position === this.#pixels())
    );
  }

  #dreaming(): readonly Side[] {
    return SIDES.filter((side) => this.#readers[side].dreams);
  }

  /** Pixels of an image: both models share one grid. */
  #pixels(): number {
    const model = (this.#readers.left.model ?? this.#readers.right.model)?.grid;
    return model ? pixelCount(model) : 0;
  }

  #tick = (now: number): void => {
    this.#frame = requestAnimationFrame(this.#tick);
    // A hidden tab or a slow frame is no reason to jump.
    const passed = Math.min(100, Math.max(0, now - this.#lastTick));
    this.#lastTick = now;
    const seconds = PACES.find((each) => each.name === this.pace)!.seconds;
    const pixels = this.#pixels();
    if (seconds === 0) this.#clock = pixels;
    else if (this.running) this.#clock = Math.min(pixels, this.#clock + (passed * pixels) / (seconds * 1000));
    if (this.#finished() && this.running) {
      this.#restSince ??= now;
      if (now - this.#restSince >= REST_MS) this.#next();
    }
    if (!this.#busy) void this.#draw();
  };

  async #draw(): Promise<void> {
    this.#busy = true;
    try {
      await Promise.all(this.#dreaming().map((side) => this.#advance(side)));
    } catch {
      // The engine ended under the call: the session says so and starts the walls again.
    }
    this.#busy = false;
  }

  async #advance(side: Side): Promise<void> {
    const generation = this.#generation;
    const open = this.#open[side] ?? (await this.#openWall(side));
    if (!open || generation !== this.#generation) return;
    this.#open[side] = open;
    const due = Math.floor(this.#clock) - open.frame.position;
    if (due > 0) {
      const frame = await this.#engine.advanceWall(side, due);
      if (generation !== this.#generation) return;
      if (!frame.ok) {
        this.failure = frame.reason;
        return;
      }
      open.frame = frame.value;
    }
    if (this[side] !== open.frame) this[side] = open.frame;
  }

  async #openWall(side: Side): Promise<OpenWall | null> {
    const model = this.#readers[side].engineName;
    if (model === null) return null;
    const { seed, temperature } = this;
    const indices = indexRange(this.first, WALL_IMAGES);
    const frame = await this.#engine.openWall(side, model, { seed, indices, temperature });
    if (!frame.ok) {
      // One that was closed while it opened is no failure.
      if (frame.reason !== SUPERSEDED) this.failure = frame.reason;
      return null;
    }
    this.failure = '';
    await this.#readers[side].releaseAllBut(model);
    return { frame: frame.value };
  }
}
