import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import { wordsOf } from '../../data/error-words.ts';
import { MNIST_GRID, packImages, pixelCount } from '../../data/images.ts';
import { MAX_SEED, real, seed, type Values, whole } from '../state/params.ts';
import { countDigits, type DigitModel } from './digit-models.ts';
import { meanLogOf, meanOf, outcomesOf } from './estimate.ts';
import { drawnBy, probabilitiesOf, sweepsOf, uniformsOf } from './sampler.ts';
import { chained, firstInk, jointTemperature, pixelTemperature } from './temperature.ts';
import { totalVariation } from '../../stats/divergences.ts';

export const GRID = MNIST_GRID;
export const N = pixelCount(GRID);
/** Grids on which sweeps are counted, the largest first. */
const SIDES = [28, 14, 7];
/** Images over which sweeps are counted. */
export const MEASURED = 20;
/** A probability between these leaves the pixel in doubt. */
export const DOUBT = [0.2, 0.8] as const;
/** What is likelier than this did not have to come as a surprise. */
export const AGAINST = 0.1;
export const MAX_DRAWS = 100;

export const params = {
  seed: seed(3),
  at: whole(300, 0, N),
  t: real(1, 0.3, 2, 2),
  sweep: whole(2, 0, N),
  first: real(0.5, 0.05, 0.95, 2),
  paper: real(0.5, 0.05, 0.95, 2),
  ink: real(0.9, 0.05, 0.95, 2),
  cold: real(0.5, 0.2, 3, 2),
  high: real(0.9, 0.01, 0.99, 2),
  low: real(0.1, 0.01, 0.99, 2),
  draws: whole(1, 1, MAX_DRAWS),
} as const;

/** How many sweeps images of one grid took. */
export interface Measured {
  readonly side: number;
  readonly pixels: number;
  readonly mean: number;
  readonly most: number;
}

/** One image drawn in two ways, two pixels at two temperatures, and an estimate of p(x). */
export class Sampling {
  readonly values: Values<typeof params>;
  readonly #tools: ChapterTools;
  #models = $state.raw<readonly DigitModel[] | null>(null);
  /** Whether pixels are being decided by themselves. */
  playing = $state(false);
  /** Why the digits could not be had; empty where they could. */
  failure = $state('');
  #loading = false;

  readonly uniforms = $derived.by(() => uniformsOf(this.values.seed, N));
  /** The image after every sweep; null before the digits are there. */
  readonly sweeps = $derived.by(() => {
    const model = this.#models?.[0];
    return model ? sweepsOf(model.cpu, GRID, this.uniforms, this.values.t) : null;
  });
  /** The same image, drawn one pixel at a time. */
  readonly image = $derived.by(() => {
    const model = this.#models?.[0];
    return model ? drawnBy(model.cpu, this.values.seed, this.values.t, N) : null;
  });
  /** p(x_i = 1 | x_<i) of every pixel of that image at the temperature. */
  readonly probabilities = $derived.by(() => {
    const model = this.#models?.[0];
    if (!model || !this.image) return null;
    return probabilitiesOf(model.cpu, packImages(GRID, this.image), this.values.t);
  });
  /** Sweeps over the same number of images on three grids, at the model's own temperature. */
  readonly measured = $derived.by<readonly Measured[]>(() =>
    (this.#models ?? []).map(({ grid, cpu }) => {
      const n = pixelCount(grid);
      const counts = Array.from(
        { length: MEASURED },
        (_, i) => sweepsOf(cpu, grid, uniformsOf((this.values.seed + i) % (MAX_SEED + 1), n), 1).length - 1,
      );
      const mean = counts.reduce((sum, each) => sum + each, 0) / MEASURED;
      return { side: grid.width, pixels: n, mean, most: Math.max(...counts) };
    }),
  );

  readonly p = $derived.by(() => chained(this.values.first, this.values.paper, this.values.ink));
  readonly joint = $derived.by(() => jointTemperature(this.p, this.values.cold));
  readonly perPixel = $derived.by(() => pixelTemperature(this.p, this.values.cold));
  readonly variation = $derived(totalVariation(this.joint, this.perPixel));
  readonly jointFirst = $derived(firstInk(this.joint));
  readonly pixelFirst = $derived(firstInk(this.perPixel));

  readonly outcomes = $derived.by(() => outcomesOf(this.values, this.values.draws));
  readonly mean = $derived(meanOf(this.outcomes));
  readonly meanLog = $derived(meanLogOf(this.outcomes));

  constructor(values: Values<typeof params>, tools: ChapterTools) {
    this.values = values;
    this.#tools = tools;
  }

  get ready(): boolean {
    return this.#models !== null;
  }

  /** The pixel that was decided last; null before the first. */
  get pixel(): number | null {
    return this.values.at > 0 ? this.values.at - 1 : null;
  }

  /** Sweeps that changed something; null before the digits are there. */
  get sweepCount(): number | null {
    return this.sweeps && this.sweeps.length - 1;
  }

  /** The sweep that is shown, as far as there are sweeps. */
  get sweep(): number {
    return Math.min(this.values.sweep, this.sweepCount ?? 0);
  }

  /** Pixels in which the two ways of drawing differ at their ends. */
  get differing(): number | null {
    const [image, last] = [this.image, this.sweeps?.at(-1)];
    return image && last ? image.reduce((sum, ink, i) => sum + Math.abs(ink - last[i]), 0) : null;
  }

  /** The probability of what the pixel decided last became; null before the first. */
  get chosenChance(): number | null {
    const { pixel, image, probabilities } = this;
    if (pixel === null || !image || !probabilities) return null;
    return image[pixel] ? probabilities[pixel] : 1 - probabilities[pixel];
  }

  /** Counts the models. For a figure that is on the page: nothing else begins it, and a second call does nothing. */
  async load(): Promise<void> {
    if (this.#models || this.#loading) return;
    this.#loading = true;
    this.failure = '';
    try {
      const digits = await this.#tools.digits('starter');
      if (!digits.ok) throw new Error(digits.reason);
      this.#models = SIDES.map((side) => {
        const model = countDigits(digits.value, { width: side, height: side });
        if (!model.ok) throw new Error(model.reason);
        return model.value;
      });
    } catch (error) {
      this.failure = wordsOf(error);
    } finally {
      this.#loading = false;
    }
  }

  /** Decides pixels up to the next one whose probability leaves it in doubt; all where there is none. */
  toDoubt(): void {
    const { probabilities } = this;
    if (!probabilities) return;
    let i = this.values.at;
    while (i < N && (probabilities[i] < DOUBT[0] || probabilities[i] > DOUBT[1])) i++;
    this.values.at = Math.min(N, i + 1);
  }

  takeAnother(): void {
    this.values.seed = (this.values.seed + 1) % (MAX_SEED + 1);
  }
}
