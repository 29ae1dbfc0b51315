import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import { binarise } from '../../data/binarise.ts';
import { pixelMeans } from '../../data/dataset.ts';
import { histogram } from '../../data/enumerate.ts';
import { type Grid, MNIST_GRID, pixelCount } from '../../data/images.ts';
import { permutation } from '../../data/rng.ts';
import {
  entropy,
  klDivergence,
  marginalsOf,
  productOf,
  sharedNats,
  totalCorrelation,
} from '../../stats/divergences.ts';
import { smallDigits } from '../figures/small-digits.ts';
import { StarterDigits } from '../figures/starter-digits.svelte.ts';
import { tableOf } from '../figures/two-pixels.ts';
import { choice, MAX_SEED, real, seed, type Values, whole } from '../state/params.ts';
import { correlation, correlationsWith, flipCoins, sharesWith } from './pairs.ts';

/** Samples that the model draws: as many as there are starter digits. */
export const SAMPLES = 1000;
/** Images of either set that are shown one by one. */
export const SHOWN = 12;
const LAST = pixelCount(MNIST_GRID) - 1;
/** Neighbours inside a stroke: the pair that is marked first, and that the prediction asks about whatever is marked by then. */
export const ASKED = { pixel: 433, other: 434 } as const;

export const params = {
  seed: seed(1),
  shown: choice('no', ['no', 'yes']),
  pixel: whole(ASKED.pixel, 0, LAST),
  other: whole(ASKED.other, 0, LAST),
  tap: choice('pixel', ['pixel', 'other']),
  counted: choice('no', ['no', 'yes']),
  // The pair of pixels in the square: where it is cut.
  first: real(0.5, 0.02, 0.98),
  ink: real(0.9, 0.02, 0.98),
  paper: real(0.1, 0.02, 0.98),
  // The model in the square: where its lines cross.
  a: real(0.3, 0.02, 0.98),
  b: real(0.8, 0.02, 0.98),
  move: choice('model', ['model', 'pair']),
  /** Whether the nearest product's distance is shown before it has been predicted. */
  remainder: choice('hidden', ['hidden', 'shown']),
  side: choice('2', ['2', '3']),
  image: whole(-1, -1, 511),
} as const;

/** Digits, samples of their independent model, two pixels in a square, and the table of a small grid. */
export class Independence extends StarterDigits {
  readonly values: Values<typeof params>;

  readonly digits = $derived(this.grey && binarise(this.grey, { kind: 'threshold' }));
  /** The model: of every pixel, the share of digits that have ink there. */
  readonly chances = $derived(this.digits && pixelMeans(this.digits));
  readonly samples = $derived.by(
    () => this.chances && flipCoins(this.chances, MNIST_GRID, this.values.seed, SAMPLES),
  );
  /** The same of the samples. */
  readonly sampled = $derived(this.samples && pixelMeans(this.samples));
  /** Numbers of the digits that are shown one by one. */
  readonly picked = $derived.by(
    () => this.digits && permutation(this.digits.count, this.values.seed, 0x106).subarray(0, SHOWN),
  );
  readonly digitShares = $derived.by(() => this.digits && sharesWith(this.digits, this.values.pixel));
  readonly sampleShares = $derived.by(() => this.samples && sharesWith(this.samples, this.values.pixel));
  /** Shares of the prediction's pair: of each pixel, of both in the digits, their product, and of both in the samples. */
  readonly asked = $derived.by(() => {
    const { digits, chances, samples } = this;
    if (!digits || !chances || !samples) return null;
    const { pixel, other } = ASKED;
    return {
      pixel: chances[pixel],
      other: chances[other],
      both: sharesWith(digits, pixel)[other],
      product: chances[pixel] * chances[other],
      sampled: sharesWith(samples, pixel)[other],
    };
  });
  readonly digitCorrelations = $derived.by(
    () => this.digits && correlationsWith(this.digits, this.values.pixel),
  );
  readonly sampleCorrelations = $derived.by(
    () => this.samples && correlationsWith(this.samples, this.values.pixel),
  );

  /** The square's pair, its best product, and the product of the visitor, [4] each. */
  readonly pair = $derived.by(() => tableOf(this.values));
  readonly product = $derived.by(() => productOf([this.values.a, this.values.b]));
  /** Nats from the pair to the visitor's product, and to the best one. */
  readonly distance = $derived(klDivergence(this.pair, this.product));
  readonly mutual = $derived(totalCorrelation(this.pair));

  readonly grid = $derived.by<Grid>(() => ({
    width: Number(this.values.side),
    height: Number(this.values.side),
  }));
  /** Share of the digits that are each image of the small grid, [2^n]. */
  readonly table = $derived.by(() => {
    if (!this.grey) return null;
    const { count } = this.grey;
    return histogram(smallDigits(this.grey, this.grid)).map((images) => images / count);
  });
  readonly tableChances = $derived(this.table && marginalsOf(this.table));
  readonly tableProduct = $derived(this.tableChances && productOf(this.tableChances));
  /** What every pixel shares with those before it, [n] in nats. */
  readonly shared = $derived(this.table && sharedNats(this.table));
  readonly missing = $derived(this.table && totalCorrelation(this.table));
  readonly jointEntropy = $derived(this.table && entropy(this.table));
  /** Share of the model's images that no digit is. */
  readonly unseen = $derived.by(() => {
    const { table, tableProduct } = this;
    return table && tableProduct && tableProduct.reduce((sum, q, m) => sum + (table[m] === 0 ? q : 0), 0);
  });

  constructor(values: Values<typeof params>, tools: ChapterTools) {
    super(tools);
    this.values = values;
  }

  /** The largest difference of a pixel's shares in digits and samples. */
  get apart(): number | null {
    const { chances, sampled } = this;
    return chances && sampled && chances.reduce((most, p, i) => Math.max(most, Math.abs(p - sampled[i])), 0);
  }

  /** Correlation of the two chosen pixels over the digits. */
  get pairCorrelation(): number | null {
    const { chances, digitShares } = this;
    const { pixel, other } = this.values;
    return chances && digitShares && correlation(digitShares[other], chances[pixel], chances[other]);
  }

  /** The same over the samples. */
  get sampleCorrelation(): number | null {
    return this.sampleCorrelations && this.sampleCorrelations[this.values.other];
  }

  drawOthers(): void {
    this.values.seed = (this.values.seed + 1) % (MAX_SEED + 1);
    this.values.shown = 'yes';
  }

  /** Another small grid, of which no image is open. */
  chooseSide(side: string): void {
    Object.assign(this.values, { side, image: -1 });
  }

  tap(pixel: number): void {
    this.values[this.values.tap === 'pixel' ? 'pixel' : 'other'] = pixel;
  }

  /** Moves a line of the square, or the crossing of the model's. */
  move(handle: string, x: number, y: number): void {
    const clamp = (value: number): number => Math.min(0.98, Math.max(0.02, value));
    if (handle === 'cross') Object.assign(this.values, { a: clamp(x), b: clamp(y) });
    else if (handle === 'first') this.values.first = clamp(x);
    else if (handle === 'ink') this.values.ink = clamp(y);
    else if (handle === 'paper') this.values.paper = clamp(y);
  }
}
