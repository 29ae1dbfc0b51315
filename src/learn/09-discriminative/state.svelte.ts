import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import { percent } from '../../app/format.ts';
import { Newest } from '../../app/newest.ts';
import { binarise } from '../../data/binarise.ts';
import { CLASSES, type Grid, type GreyImages, pixelCount, unpackImage } from '../../data/images.ts';
import { sigmoid } from '../../models/shared/math.ts';
import { poolImages } from '../../data/pool.ts';
import { type PairResult, rowsOf } from '../../stats/sample-efficiency.ts';
import { StarterDigits } from '../figures/starter-digits.svelte.ts';
import { choice, type Values, whole } from '../state/params.ts';
import { drawnByCoins, type Labelled, measureCurves } from './classes.ts';
import { hiddenPixels, hidingCurve, type Machines, oddsWithout } from './hiding.ts';
import { countPair, descendPair, type Ink, logOdds, rightOf, sharesOf } from './linear.ts';

/** Of the pair: 28x28. */
export const GRID: Grid = { width: 28, height: 28 };
export const PIXELS = pixelCount(GRID);
/** Digits of each class that both machines learn from; as many are held back. */
export const TAUGHT = 50;
const STRENGTH = 1;
export const MAX_STEPS = 200;
/** Steps of the machine whose pixels are hidden. */
export const LEARNT_STEPS = 100;
export const HIDDEN_COUNTS = [0, 98, 196, 294, 392, 490, 588, 686, 735, 764] as const;
const MASKS = 5;
/** Of the learning curves. */
export const SIZES = [20, 50, 100, 200, 400, 800] as const;
export const REPEATS = 10;
const SMALL: Grid = { width: 7, height: 7 };
/** A pixel of the small grid is ink from a quarter of full ink on: at half of it thin strokes would break. */
const SMALL_INK = 64;
export const WORLDS = ['digits', 'coins'] as const;
export type World = (typeof WORLDS)[number];

export const params = {
  one: whole(3, 0, CLASSES - 1),
  other: whole(5, 0, CLASSES - 1),
  digit: whole(0, 0, 2 * TAUGHT - 1),
  steps: whole(0, 0, MAX_STEPS),
  pixel: whole(321, 0, PIXELS - 1),
  shows: choice('weights', ['weights', 'digit']),
  hidden: whole(98, 0, PIXELS),
  world: choice('digits', WORLDS),
} as const;

/** A held-back digit of the pair with what both machines make of it. */
export interface Scored {
  readonly ink: Ink;
  /** Whether it is one of the first class. */
  readonly first: boolean;
  /** Log odds of the first class, in nats. */
  readonly counted: number;
  readonly learned: number;
}

/** Two digits told apart by counting and by learning, with pixels hidden, and from more and more images. */
export class Discriminative extends StarterDigits {
  readonly values: Values<typeof params>;
  /** Results of both worlds so far. */
  pairs = $state.raw<Readonly<Record<World, readonly PairResult[]>>>({ digits: [], coins: [] });
  measuring = $state(false);
  readonly #run = new Newest();

  /** The ink of the thousand digits, by class, [10][100]. */
  readonly #inks = $derived(this.grey && inksOf(this.grey));
  readonly pair = $derived.by(() => {
    const { one, other } = this.values;
    return [one, other === one ? (one + 1) % CLASSES : other] as const;
  });
  readonly #taught = $derived.by(() => {
    const inks = this.#inks;
    return inks && this.pair.map((digit) => inks[digit].slice(0, TAUGHT));
  });
  readonly #heldBack = $derived.by(() => {
    const inks = this.#inks;
    return inks && this.pair.map((digit) => inks[digit].slice(TAUGHT));
  });
  readonly counted = $derived(this.#taught && countPair(this.#taught[0], this.#taught[1], PIXELS, STRENGTH));
  readonly learned = $derived.by(() => {
    const taught = this.#taught;
    return taught && descendPair(taught[0], taught[1], PIXELS, this.values.steps);
  });
  readonly scored = $derived.by((): readonly Scored[] => {
    const { counted, learned } = this;
    if (!this.#heldBack || !counted || !learned) return [];
    return this.#heldBack.flatMap((inks, side) =>
      inks.map((ink) => ({
        ink,
        first: side === 0,
        counted: logOdds(counted, ink),
        learned: logOdds(learned, ink),
      })),
    );
  });
  readonly digit = $derived.by(() => this.scored.at(this.values.digit) ?? null);
  /** Right answers on the held-back digits. */
  readonly right = $derived({
    counted: this.#rightBy((digit) => digit.counted),
    learned: this.#rightBy((digit) => digit.learned),
  });
  readonly disagreements = $derived(
    this.scored.filter((digit) => digit.learned !== 0 && digit.counted > 0 !== digit.learned > 0).length,
  );

  readonly machines = $derived.by((): Machines | null => {
    if (!this.#taught || !this.counted) return null;
    const [one, other] = this.#taught;
    return {
      counted: this.counted,
      learned: descendPair(one, other, PIXELS, LEARNT_STEPS),
      means: sharesOf([...one, ...other], PIXELS, STRENGTH),
    };
  });
  readonly hiding = $derived.by(() => {
    const held = this.#heldBack;
    return this.machines && held ? hidingCurve(this.machines, held[0], held[1], HIDDEN_COUNTS, MASKS) : [];
  });
  /** The mask that the figure shows, [n]. */
  readonly mask = $derived.by(() => hiddenPixels(PIXELS, this.values.hidden, 0));
  readonly withoutHidden = $derived.by(() => {
    const { machines, digit, mask } = this;
    return (
      machines &&
      digit && {
        counted: oddsWithout('counted', machines, digit.ink, mask),
        paper: oddsWithout('paper', machines, digit.ink, mask),
        mean: oddsWithout('mean', machines, digit.ink, mask),
      }
    );
  });
  readonly curve = $derived(rowsOf(this.pairs[this.world]));

  constructor(values: Values<typeof params>, tools: ChapterTools) {
    super(tools);
    this.values = values;
  }

  get world(): World {
    return this.values.world === 'coins' ? 'coins' : 'digits';
  }

  get ready(): boolean {
    return this.grey !== null;
  }

  /** Whether the learnt machine is right more often, and the two disagree on the digit that is shown. */
  get overtaken(): boolean {
    return this.ready && this.right.learned > this.right.counted;
  }

  get disagrees(): boolean {
    const { digit } = this;
    return digit !== null && digit.learned !== 0 && digit.counted > 0 !== digit.learned > 0;
  }

  /** Another pair of digits. */
  choose(one: number, other: number): void {
    Object.assign(this.values, { one, other });
  }

  /** The chance of the first class out of its log odds. */
  chance(odds: number): number {
    return sigmoid(odds);
  }

  /** The chance, in percent, of the class that log odds speak for; where it is `sure` the chance is larger than what is shown. */
  certainty(odds: number): { readonly chance: string; readonly sure: boolean } {
    const chance = this.chance(Math.abs(odds));
    return { chance: percent(chance), sure: chance > 0.999 };
  }

  /** Teaches both machines from more and more images of the world that is chosen. */
  async measure(): Promise<void> {
    const { world } = this;
    const images = this.grey && smallOf(this.grey);
    if (!images) return;
    this.failure = '';
    this.pairs = { ...this.pairs, [world]: [] };
    this.measuring = true;
    await this.#run.run(
      async (signal) => {
        const own = world === 'coins' ? drawnByCoins(images, 1) : images;
        await measureCurves(own, SIZES, REPEATS, signal, (pair) => {
          this.pairs = { ...this.pairs, [world]: [...this.pairs[world], pair] };
        });
        this.measuring = false;
      },
      (reason) => {
        this.failure = reason;
        this.measuring = false;
      },
    );
  }

  /** Ends the measurement; also for the end of a figure. */
  cancel(): void {
    this.#run.abort();
    this.measuring = false;
  }

  #rightBy(odds: (digit: Scored) => number): number {
    const of = (first: boolean) => this.scored.filter((digit) => digit.first === first).map(odds);
    return rightOf(of(true), of(false));
  }
}

function inksOf(images: GreyImages): Ink[][] {
  const bits = binarise(images, { kind: 'threshold' });
  const inks: Ink[][] = Array.from({ length: CLASSES }, () => []);
  images.labels?.forEach((label, image) => {
    const own = unpackImage(bits, image);
    inks[label].push(Uint16Array.from([...own.keys()].filter((pixel) => own[pixel] === 1)));
  });
  return inks;
}

function smallOf(images: GreyImages): Labelled | null {
  const pooled = poolImages(images, SMALL);
  if (!pooled.ok || !images.labels) return null;
  const values = Float32Array.from(pooled.value.pixels, (grey) => Number(grey >= SMALL_INK));
  return { rows: { count: images.count, width: pixelCount(SMALL), values }, labels: images.labels };
}
