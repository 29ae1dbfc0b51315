import { getPixel, MNIST_GRID, pixelCount } from '../../data/images.ts';
import { bestOf, MAX_K, measure, samplesOf, type Stop } from './dial.ts';
import { digitsOn } from './patch.ts';
import type { StarterDigits } from '../figures/starter-digits.svelte.ts';
import type { ChainValues } from './params.ts';

export const SHOWN_SAMPLES = 10;

/** Digits whose pixels look at k neighbours: one k with its samples, and the curve over all k once it has been asked for. */
export class Dial {
  readonly #values: ChainValues;
  readonly digits: StarterDigits;
  /** What has been measured of the curve, from k = 0 on. */
  stops = $state.raw<readonly Stop[]>([]);
  running = $state(false);

  readonly #images = $derived.by(() => {
    const { grey } = this.digits;
    return grey && digitsOn(MNIST_GRID, grey);
  });
  readonly #measured = $derived.by(() => this.#images && measure(this.#values.k, this.#images));
  readonly stop = $derived.by(() => this.#measured?.stop ?? null);
  /** The samples' pixels, [n] lists of 0 and 1. */
  readonly samples = $derived.by(() => {
    if (!this.#measured) return [];
    const images = samplesOf(this.#measured.model, this.#values.seed, SHOWN_SAMPLES);
    return Array.from({ length: SHOWN_SAMPLES }, (_, image) =>
      Uint8Array.from({ length: pixelCount(images.grid) }, (__, pixel) => getPixel(images, image, pixel)),
    );
  });
  readonly complete = $derived.by(() => this.stops.length === MAX_K + 1);
  readonly best = $derived.by(() => (this.complete ? bestOf(this.stops) : null));

  constructor(values: ChainValues, digits: StarterDigits) {
    this.#values = values;
    this.digits = digits;
  }

  /** Measures all k, or those that are missing, one after the other, so that the page stays at hand between two. */
  async measureAll(signal: AbortSignal): Promise<void> {
    const images = this.#images;
    if (!images || this.running) return;
    this.running = true;
    try {
      while (this.stops.length <= MAX_K && !signal.aborted) {
        const { stop } = measure(this.stops.length, images);
        this.stops = [...this.stops, stop];
        await new Promise((resolve) => setTimeout(resolve));
      }
    } finally {
      this.running = false;
    }
  }
}
