import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import { histogram } from '../../data/enumerate.ts';
import { type Grid, type PackedImages, pixelCount } from '../../data/images.ts';
import { threefry2x32, uniform } from '../../data/rng.ts';
import { entropy, klDivergence, marginalsOf, productOf, totalCorrelation } from '../../stats/divergences.ts';
import { smallDigits } from '../figures/small-digits.ts';
import { StarterDigits } from '../figures/starter-digits.svelte.ts';
import { choice, MAX_SEED, real, seed, type Values, whole } from '../state/params.ts';
import { Descent } from './descent.ts';
import { type Distance, distanceOf, DISTANCES } from './distances.ts';
import { chancesOf, independentPixels, logitsOf, twoProducts } from './families.ts';
import { pairOf, reverseMinimum } from './pair.ts';

export const MAX_STEPS = 2000;
/** How far a step of gradient descent goes: on two pixels, and on a grid of digits. */
const [PAIR_RATE, GRID_RATE] = [1, 4];
/** Share of the uniform distribution that is mixed into the digits' table, so that reverse KL is finite. */
export const MIXED_IN = 0.01;
const chance = (start: number) => real(start, 0.005, 0.995);

export const params = {
  // The pair of pixels and the model of it.
  rare: real(0.01, 0.005, 0.2),
  tilt: real(0.5, 0.1, 0.9),
  family: choice('independent', ['independent', 'mixture']),
  distance: choice('forward', DISTANCES),
  a: chance(0.3),
  b: chance(0.85),
  // The second product of a mixture, and the first one's weight.
  c: chance(0.75),
  d: chance(0.6),
  w: chance(0.5),
  steps: whole(0, 0, MAX_STEPS),
  // The digits on a small grid and their independent model.
  side: choice('2', ['2', '3']),
  mixed: choice('no', ['no', 'yes']),
  measure: choice('forward', DISTANCES),
  start: choice('half', ['half', 'anywhere']),
  seed: seed(1),
  moves: whole(0, 0, MAX_STEPS),
  image: whole(-1, -1, 511),
} as const;

/** All four distances of Q from P. */
export type Four = Readonly<Record<Distance, number>>;

function fourOf(p: ArrayLike<number>, q: ArrayLike<number>): Four {
  const [forward, reverse, halfway, variation] = DISTANCES.map((each) => distanceOf(each, p, q));
  return { forward, reverse, halfway, variation };
}

/** The KL laboratory on two pixels, and the same descent on digits of a small grid. */
export class Distances extends StarterDigits {
  readonly values: Values<typeof params>;
  /** The figure in which steps follow each other by themselves. */
  running = $state<'' | 'lab' | 'grid'>('');

  readonly p = $derived.by(() => pairOf(this.values.rare, this.values.tilt));
  readonly #descent = $derived.by(() => {
    const { family, distance, a, b, c, d, w } = this.values;
    const single = family === 'independent';
    return new Descent(
      distance as Distance,
      single ? independentPixels(2) : twoProducts(2),
      this.p,
      logitsOf(single ? [a, b] : [w, a, b, c, d]),
      PAIR_RATE,
    );
  });
  /** The start and every step since. */
  readonly trace = $derived.by(() => this.#descent.upTo(this.values.steps));
  readonly place = $derived(this.trace[this.trace.length - 1]);
  /** The model's chances: of both pixels, or the first weight and of two products. */
  readonly chances = $derived(chancesOf(this.place.logits));
  readonly q = $derived.by(() =>
    (this.values.family === 'independent' ? independentPixels(2) : twoProducts(2)).table(this.place.logits),
  );
  readonly four = $derived(fourOf(this.p, this.q));
  /** Where reverse KL of independent pixels has its minimum with both inked more often than not. */
  readonly mode = $derived(reverseMinimum(this.p, 0.999));
  /** The nearest product by forward KL: the marginals, and its distance. */
  readonly marginals = $derived(marginalsOf(this.p));
  readonly least = $derived(totalCorrelation(this.p));

  readonly grid = $derived.by<Grid>(() => ({
    width: Number(this.values.side),
    height: Number(this.values.side),
  }));
  readonly digits = $derived<PackedImages | null>(this.grey && smallDigits(this.grey, this.grid));
  /** Share of the digits that are each image, [2^n]. */
  readonly table = $derived.by(() => {
    const { digits } = this;
    return digits && histogram(digits).map((images) => images / digits.count);
  });
  /** What the model is fitted to: the table, or with a little of every image mixed in. */
  readonly fitted = $derived.by(() => {
    const { table } = this;
    if (!table || this.values.mixed === 'no') return table;
    return table.map((p) => (1 - MIXED_IN) * p + MIXED_IN / table.length);
  });
  readonly #gridDescent = $derived.by(() => {
    const { fitted } = this;
    const n = pixelCount(this.grid);
    return (
      fitted &&
      new Descent(
        this.values.measure as Distance,
        independentPixels(n),
        fitted,
        logitsOf(
          this.values.start === 'half' ? new Array<number>(n).fill(0.5) : anywhere(n, this.values.seed),
        ),
        GRID_RATE,
      )
    );
  });
  readonly gridTrace = $derived.by(() => this.#gridDescent?.upTo(this.values.moves) ?? null);
  readonly gridPlace = $derived(this.gridTrace && this.gridTrace[this.gridTrace.length - 1]);
  readonly gridChances = $derived(this.gridPlace && chancesOf(this.gridPlace.logits));
  readonly gridModel = $derived(this.gridChances && productOf(this.gridChances));
  readonly gridFour = $derived(this.fitted && this.gridModel && fourOf(this.fitted, this.gridModel));
  /** Mean loss of the digits, one after the other; the entropy of their table; and KL summed over the table: nats. */
  readonly identity = $derived.by(() => {
    const { digits, table, gridModel } = this;
    if (!digits || !table || !gridModel) return null;
    let loss = 0;
    for (let image = 0; image < digits.count; image++) loss -= Math.log(gridModel[digits.words[image]]);
    return { loss: loss / digits.count, entropy: entropy(table), kl: klDivergence(table, gridModel) };
  });
  /** The least forward KL of independent pixels from the digits. */
  readonly gridLeast = $derived(this.table && totalCorrelation(this.table));

  constructor(values: Values<typeof params>, tools: ChapterTools) {
    super(tools);
    this.values = values;
  }

  /** Takes further steps in a figure; it stops running where there are none left. */
  advance(figure: 'lab' | 'grid', count: number): void {
    const name = figure === 'lab' ? 'steps' : 'moves';
    const wanted = Math.min(MAX_STEPS, this.values[name] + count);
    const trace = figure === 'lab' ? this.#descent.upTo(wanted) : (this.#gridDescent?.upTo(wanted) ?? []);
    this.values[name] = Math.max(0, trace.length - 1);
    if (trace.at(-1)?.done !== false || wanted === MAX_STEPS) this.running = '';
  }

  /** Back to the start of the lab with some values changed. */
  restart(changed: Partial<Values<typeof params>> = {}): void {
    this.running = '';
    Object.assign(this.values, changed, { steps: 0 });
  }

  restartGrid(changed: Partial<Values<typeof params>> = {}): void {
    this.running = '';
    Object.assign(this.values, changed, { moves: 0 });
  }

  /** Another start of the model of the grid, drawn by the next seed. */
  startAnywhere(): void {
    this.restartGrid({ start: 'anywhere', seed: (this.values.seed + 1) % (MAX_SEED + 1) });
  }

  /** Puts the model, or one product of the mixture, at a place of the square and begins there. */
  move(handle: string, x: number, y: number): void {
    const [first, second] = [Math.min(0.995, Math.max(0.005, x)), Math.min(0.995, Math.max(0.005, y))];
    const now = this.values.family === 'independent' ? {} : this.#mixtureNow();
    this.restart({ ...now, ...(handle === 'second' ? { c: first, d: second } : { a: first, b: second }) });
  }

  #mixtureNow() {
    const [w, a, b, c, d] = this.chances.map((each) => Math.min(0.995, Math.max(0.005, each)));
    return { w, a, b, c, d };
  }
}

/** A start drawn from a seed: every chance between a tenth and nine tenths. */
function anywhere(n: number, from: number): number[] {
  const pair = new Uint32Array(2);
  return Array.from({ length: n }, (_, i) => {
    threefry2x32(from | 0, 0x8d15, i, 0, pair);
    return 0.1 + 0.8 * uniform(pair[0]);
  });
}
