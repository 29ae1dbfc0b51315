import { wordsOf } from '../../data/error-words.ts';
import { getPixel, type PackedImages, pixelCount } from '../../data/images.ts';
import { inverseOrder } from '../../data/orders.ts';
import type { Engine, SampleFrame } from '../../engine/api.ts';
import { Playback } from '../playback.svelte.ts';
import type { ModelSlot } from '../compare/model-slot.svelte.ts';
import type { Side } from '../sides.ts';
import { logPSoFar } from '../../data/log-p-so-far.ts';

/** Which image: a function of (model, seed, index, temperature) alone. */
export interface ReplayRequest {
  readonly side: Side;
  readonly seed: number;
  readonly index: number;
  readonly temperature: number;
}

/** One sample with everything that is shown while it is drawn once more. */
export interface ReplayedSample {
  readonly image: PackedImages;
  /** Place of every pixel at which it is decided, [n]. */
  readonly places: Uint32Array;
  /** log p of the first t pixels in nats, [n + 1]; null where the model has no single chain of conditionals. */
  readonly sums: Float64Array | null;
}

/** Duration of a replay, in seconds. */
const PLAY_SECONDS = 12;
/** Steps in which an image is drawn whose order only its sampler knows. */
const STEPS = 56;
const NAME = 'replay';

/** Draws one sample of a model once more, slowly, in the model's own order. */
export class SampleReplay {
  readonly #engine: Engine;
  readonly #slots: Readonly<Record<Side, ModelSlot>>;
  /** What is replayed; null while nothing is. */
  request = $state.raw<ReplayRequest | null>(null);
  sample = $state.raw<ReplayedSample | null>(null);
  /** Why there is nothing to show; empty where there is, or will be. */
  failure = $state('');
  readonly #playback = new Playback({ length: () => this.pixels, seconds: PLAY_SECONDS });
  /** Increases with every opening and close: results of earlier ones are dropped. */
  #serial = 0;

  constructor(engine: Engine, slots: Readonly<Record<Side, ModelSlot>>) {
    this.#engine = engine;
    this.#slots = slots;
  }

  get pixels(): number {
    return this.sample?.places.length ?? 0;
  }

  get playing(): boolean {
    return this.#playback.playing;
  }

  /** Pixels decided so far, 0 to n. */
  get position(): number {
    return this.#playback.position;
  }

  /** What the image grids show: the pixels that are decided. */
  get frame(): SampleFrame | null {
    return this.sample ? { images: this.sample.image, position: this.position } : null;
  }

  /** log p of the pixels decided so far, in nats; null where the model has no single chain of conditionals. */
  get sum(): number | null {
    return this.sample?.sums?.[this.position] ?? null;
  }

  get ended(): boolean {
    return this.#playback.ended;
  }

  /** Draws the image again and plays it from its first pixel; with `still` it is shown finished and waits. */
  async open(request: ReplayRequest, still: boolean): Promise<void> {
    const serial = ++this.#serial;
    this.pause();
    this.request = request;
    this.sample = null;
    this.failure = '';
    this.go(0);
    let failure = '';
    try {
      const drawn = await this.#draw(request, serial);
      if (serial !== this.#serial || drawn === null) return;
      if (typeof drawn === 'string') failure = drawn;
      else this.sample = drawn;
    } catch (error) {
      failure = wordsOf(error);
    }
    if (serial !== this.#serial) return;
    this.failure = failure;
    if (still) this.go(this.pixels);
    else this.#playback.play();
  }

  close(): void {
    this.#serial++;
    this.pause();
    if (this.request && !this.sample) void this.#closeSampler();
    this.request = null;
    this.sample = null;
  }

  go(position: number): void {
    this.#playback.go(position);
  }

  toggle(): void {
    this.#playback.toggle();
  }

  pause(): void {
    this.#playback.pause();
  }

  /** The sample, the reason why it could not be drawn, or null where it is no longer wanted. */
  async #draw(
    { side, seed, index, temperature }: ReplayRequest,
    serial: number,
  ): Promise<ReplayedSample | string | null> {
    const { engineName: model, order } = this.#slots[side];
    if (model === null) return 'The model is not ready.';
    const indices = Uint32Array.of(index);
    const opened = await this.#engine.openSampler(NAME, model, { seed, indices, temperature });
    if (!opened.ok) return opened.reason;
    const n = pixelCount(opened.value.images.grid);
    let frame = opened.value;
    // Where every image has an order of its own, a pixel with ink is decided in the step in which it appears.
    const seen = new Uint32Array(n).fill(n - 1);
    const step = order?.places ? n : Math.ceil(n / STEPS);
    while (frame.position < n && serial === this.#serial) {
      const { position, images } = frame;
      const advanced = await this.#engine.advanceSampler(NAME, step);
      if (!advanced.ok) return advanced.reason;
      frame = advanced.value;
      for (let pixel = 0; pixel < n; pixel++)
        if (getPixel(frame.images, 0, pixel) && !getPixel(images, 0, pixel)) seen[pixel] = position;
    }
    if (serial !== this.#serial) return null;
    await this.#engine.closeSampler(NAME);
    const places = order?.places ?? seen;
    return {
      image: frame.images,
      places,
      sums: order?.places ? await this.#sums(model, frame, places) : null,
    };
  }

  async #closeSampler(): Promise<void> {
    try {
      await this.#engine.closeSampler(NAME);
    } catch {
      // An engine that has ended has no open samplers.
    }
  }

  async #sums(model: string, { images }: SampleFrame, places: Uint32Array): Promise<Float64Array | null> {
    const reading = await this.#engine.read(model, images);
    const density = reading.ok ? reading.value.density : null;
    if (!density?.chained || density.surprise.length !== places.length) return null;
    return logPSoFar(density.surprise, inverseOrder(places));
  }
}
