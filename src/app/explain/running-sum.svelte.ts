import { wordsOf } from '../../data/error-words.ts';
import { type Grid, getPixel, type PackedImages, pixelCount } from '../../data/images.ts';
import { inverseOrder } from '../../data/orders.ts';
import type { AskedModel } from '../questions/questions.svelte.ts';
import { sameGrid } from '../grids.ts';
import { Latest } from '../latest.ts';
import { Playback } from '../playback.svelte.ts';
import { logPSoFar } from '../../data/log-p-so-far.ts';

/** Duration of playing all pixels, in seconds. */
const PLAY_SECONDS = 10;

/** The chain rule over the drawing: log p(x) = sum over places t of log p(x_order[t] | the pixels at places before). */
export interface Chain {
  readonly grid: Grid;
  /** Pixel at every place, [n], and the place of every pixel. */
  readonly order: Uint32Array;
  readonly places: Uint32Array;
  /** p(x_i = 1 | the pixels before) by pixel, [n]. */
  readonly conditionals: Float32Array;
  /** -log p(x_i | the pixels before) in nats by pixel, [n]. */
  readonly surprise: Float32Array;
  /** The pixel of the largest surprise. */
  readonly costliest: number;
  /** log p of the first t pixels in nats, [n + 1]. */
  readonly sums: Float64Array;
}

/** One image's log p in nats, as the sum of its terms and scored as a whole. */
interface Agreement {
  readonly name: string;
  readonly image: PackedImages;
  readonly sum: number;
  readonly whole: number;
}

/** Plays the chain rule over the visitor's drawing, pixel by pixel in the model's own order. */
export class RunningSum {
  readonly #asked: AskedModel;
  readonly #playback = new Playback({ length: () => this.pixels, seconds: PLAY_SECONDS });
  #pixels = 0;
  #agreement = $state.raw<Agreement | null>(null);
  #failure = $state('');
  readonly #check = new Latest<{ name: string; image: PackedImages }>((input) => this.#score(input));

  /** Null while there is no reading, and where the model has no single chain. */
  chain = $derived.by<Chain | null>(() => {
    const { density, model, order } = this.#asked.slot;
    if (!density?.chained || !model || !order?.places) return null;
    const { places } = order;
    if (places.length !== density.surprise.length) return null;
    const pixelAt = inverseOrder(places);
    const { conditionals, surprise } = density;
    const sums = logPSoFar(surprise, pixelAt);
    const costliest = surprise.reduce((most, nats, at) => (nats > surprise[most] ? at : most), 0);
    return { grid: model.grid, order: pixelAt, places, conditionals, surprise, costliest, sums };
  });

  constructor(asked: AskedModel) {
    this.#asked = asked;
    asked.shownPixel = () => (this.chain ? (this.next ?? 'end') : null);
  }

  get pixels(): number {
    return this.chain?.order.length ?? 0;
  }

  get playing(): boolean {
    return this.#playback.playing;
  }

  /** Pixels seen so far, 0 to n. */
  get position(): number {
    return this.#playback.position;
  }

  get ended(): boolean {
    return this.#playback.ended;
  }

  /** The pixel that comes next; null at the end. */
  get next(): number | null {
    return this.chain && !this.ended ? this.chain.order[this.position] : null;
  }

  /** log p of the pixels seen so far, in nats. */
  get sum(): number {
    return this.chain?.sums[this.position] ?? 0;
  }

  /** The drawing; null while its grid is not the model's. */
  get image(): PackedImages | null {
    const { packed } = this.#asked.ports.pad.seen;
    return this.chain && sameGrid(packed.grid, this.chain.grid) ? packed : null;
  }

  /** The sum and the score of the current drawing; null until both are known. */
  get agreement(): Agreement | null {
    const { image } = this;
    const known = this.#agreement;
    return known && known.image === image && known.name === this.#asked.slot.engineName ? known : null;
  }

  /** Why the whole could not be scored; empty where it could. */
  get failure(): string {
    return this.#failure;
  }

  /** 1 where the drawing has ink; 0 where there is no drawing on the model's grid. */
  inkAt(pixel: number): 0 | 1 {
    return this.image ? getPixel(this.image, 0, pixel) : 0;
  }

  /** Moves to the pixel of a link, else to that of the largest surprise for the first chain and for every chain of another size. */
  open(): void {
    const { chain } = this;
    if (!chain) return;
    const linked = this.#asked.takeLinkedPixel();
    if (linked === null && chain.order.length === this.#pixels) return;
    this.#pixels = chain.order.length;
    if (linked === 'end') this.go(this.#pixels);
    else this.go(chain.places[linked ?? chain.costliest] ?? chain.places[chain.costliest]);
  }

  go(position: number): void {
    this.#playback.go(position);
  }

  /** Stops playing and moves by `by` pixels. */
  step(by: number): void {
    this.pause();
    this.go(this.position + by);
  }

  /** Goes to where this pixel is the next one. */
  choose(pixel: number): void {
    if (!this.chain) return;
    this.pause();
    this.go(this.chain.places[pixel]);
  }

  toggle(): void {
    this.#playback.toggle();
  }

  pause(): void {
    this.#playback.pause();
  }

  /** Scores the drawing as a whole, by code that does not use the terms of the sum. */
  check(): void {
    const name = this.#asked.slot.engineName;
    const { image } = this;
    if (name !== null && image && !this.agreement) this.#check.submit({ name, image });
  }

  async #score({ name, image }: { name: string; image: PackedImages }): Promise<void> {
    const { engine } = this.#asked.ports;
    this.#failure = '';
    try {
      const [reading, score] = await Promise.all([engine.read(name, image), engine.score(name, image)]);
      if (!reading.ok) this.#failure = reading.reason;
      else if (!score.ok) this.#failure = score.reason;
      else if (reading.value.density?.surprise.length === pixelCount(image.grid)) {
        const sum = reading.value.density.surprise.reduce((total, nats) => total - nats, 0);
        this.#agreement = { name, image, sum, whole: score.value[0] };
      }
    } catch (error) {
      // A dead worker is announced elsewhere, with the way out.
      this.#failure = wordsOf(error);
    }
  }
}
