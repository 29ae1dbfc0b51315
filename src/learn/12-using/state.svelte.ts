import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import { Newest } from '../../app/newest.ts';
import { binarise } from '../../data/binarise.ts';
import { type Grid, type PackedImages, pixelCount, sliceImages } from '../../data/images.ts';
import { choice, real, seed, text, type Values, whole } from '../state/params.ts';
import { type Limits, scoresOf, type ScoreSet, shareCaught } from './detector.ts';
import { type FeatureResult, measureFeatures, type Reading } from './features.ts';
import { type Cell, exactCompletions, forwardCompletions, inkChance, tableOf } from './forward.ts';
import { totalVariation } from '../../stats/divergences.ts';
import { fitKinds, Kinds, kindsInPlay, pixelsOf } from './kinds.ts';

export const GRID: Grid = { width: 28, height: 28 };
export const PIXELS = pixelCount(GRID);
/** Of the starter digits: the model is fitted to the first ones, the others are held back. */
export const TAUGHT = 700;
export const HELD_BACK = 300;
export const KINDS = 20;
const ITERATIONS = 30;
export const COMPLETIONS = 8;
/** Ends of the thresholds, in nats; at its end a threshold calls nothing strange. */
export const [LOWEST, HIGHEST] = [-700, -50];
export const LABEL_COUNTS = [10, 20, 50, 100, 300] as const;
export const REPEATS = 4;
export const SMALL: Grid = { width: 2, height: 2 };
/** Chances of ink of two kinds on 2x2: a left column, and a right one. */
export const COLUMNS = [
  [0.9, 0.1, 0.9, 0.1],
  [0.1, 0.9, 0.1, 0.9],
] as const;
export const MODELS = ['coins', 'kinds'] as const;
export type ModelName = (typeof MODELS)[number];

export const params = {
  digit: whole(38, 0, HELD_BACK - 1),
  rows: whole(14, 0, GRID.height),
  seed: seed(1),
  left: real(0.5, 0.05, 0.95, 2),
  cells: text('10??', /^[?01]{4}$/),
  model: choice('coins', MODELS),
  low: whole(LOWEST, LOWEST, HIGHEST),
  high: whole(HIGHEST, LOWEST, HIGHEST),
} as const;

/** One model in three uses: it completes digits, finds what is strange, and describes digits by numbers. */
export class Using {
  readonly values: Values<typeof params>;
  readonly #tools: ChapterTools;
  #images = $state.raw<PackedImages | null>(null);
  #labels: Uint8Array = new Uint8Array(0);
  /** The mixture, and its special case of one kind: independent pixels. */
  models = $state.raw<Readonly<Record<ModelName, Kinds>> | null>(null);
  /** Why there is none. */
  failure = $state('');
  /** Of the fit, 0 to 1. */
  fitted = $state(0);
  results = $state.raw<readonly FeatureResult[]>([]);
  measuring = $state(false);
  /** Figures on the page that need the models. */
  #figures = 0;
  readonly #fit = new Newest();
  readonly #run = new Newest();

  // --- completion
  readonly #heldBack = $derived(this.#images && sliceImages(this.#images, TAUGHT, HELD_BACK));
  readonly digit = $derived.by(() =>
    this.#heldBack ? pixelsOf(this.#heldBack, this.values.digit) : new Uint8Array(PIXELS),
  );
  readonly known = $derived.by(() =>
    Uint8Array.from({ length: PIXELS }, (_, i) => Number(i < this.values.rows * GRID.width)),
  );
  readonly posterior = $derived(this.models?.kinds.posterior(this.digit, this.known) ?? null);
  /** Chance of ink of every pixel given the known ones, [n]. */
  readonly expected = $derived.by(() => {
    const { models, posterior, known, digit } = this;
    if (!models || !posterior) return null;
    return models.kinds.inkGiven(posterior).map((chance, i) => (known[i] ? digit[i] : chance));
  });
  readonly completions = $derived.by(() => {
    const { models, posterior, known, digit, values } = this;
    if (!models || !posterior) return [];
    return Array.from({ length: COMPLETIONS }, (_, index) =>
      models.kinds.complete(digit, known, posterior, values.seed, index),
    );
  });
  readonly inPlay = $derived(this.posterior && kindsInPlay(this.posterior));

  // --- what exact means
  readonly columns = $derived.by(
    () => new Kinds([this.values.left, 1 - this.values.left], [...COLUMNS[0], ...COLUMNS[1]]),
  );
  readonly table = $derived(tableOf(this.columns));
  readonly cells = $derived.by(() => Array.from(this.values.cells, cellOf));
  readonly exact = $derived(exactCompletions(this.table, this.cells));
  readonly forward = $derived(forwardCompletions(this.table, this.cells));
  readonly apart = $derived(totalVariation(this.exact, this.forward));

  // --- strange images
  readonly scores = $derived.by((): Readonly<Record<ModelName, ScoreSet>> | null => {
    const { models } = this;
    const held = this.#heldBack;
    return models && held && { coins: scoresOf(models.coins, held), kinds: scoresOf(models.kinds, held) };
  });

  constructor(values: Values<typeof params>, tools: ChapterTools) {
    this.values = values;
    this.#tools = tools;
  }

  get dark(): boolean {
    return this.#tools.dark;
  }

  get model(): ModelName {
    return this.values.model === 'kinds' ? 'kinds' : 'coins';
  }

  /** Scores of the model that is chosen for the detector. */
  get score(): ScoreSet | null {
    return this.scores && this.scores[this.model];
  }

  /** The thresholds; one at its end calls nothing strange. */
  get limits(): Limits {
    const { low, high } = this.values;
    return { low: low > LOWEST ? low : -Infinity, high: high < HIGHEST ? high : Infinity };
  }

  /** Share of the held-back digits that are called strange; null before they are scored. */
  get falseAlarms(): number | null {
    return this.score && shareCaught(this.score.digits, this.limits);
  }

  /** Share of the images of a name that are called strange. */
  caught(name: string): number | null {
    return this.score && shareCaught(this.score.others[name], this.limits);
  }

  /** Chance of ink at the upper left pixel of 2x2 where the lower left one is known to be ink: exactly, and by drawing forwards. */
  get upperLeft(): { exact: number; forward: number } {
    const cells: Cell[] = ['?', '?', '1', '?'];
    return {
      exact: inkChance(exactCompletions(this.table, cells), 0),
      forward: inkChance(forwardCompletions(this.table, cells), 0),
    };
  }

  /** The next state of a pixel of 2x2: hidden, ink, paper. */
  turn(pixel: number): void {
    const next = { '?': '1', '1': '0', '0': '?' } as const;
    this.values.cells = this.cells.map((cell, i) => (i === pixel ? next[cell] : cell)).join('');
  }

  /** Another eight completions. */
  drawOthers(): void {
    this.values.seed = (this.values.seed + 1) % 0x10000;
  }

  /** For an effect of a figure: the models are fitted while some figure needs them. Returns what ends the need. */
  attend(): () => void {
    this.#figures++;
    if (this.#figures === 1) void this.load();
    return () => {
      this.#figures--;
      if (this.#figures > 0) return;
      this.#fit.abort();
      this.cancel();
    };
  }

  /** Fetches the digits and fits both models, unless they are there. */
  async load(): Promise<void> {
    this.failure = '';
    if (this.models) return;
    await this.#fit.run(
      async (signal) => {
        const digits = await this.#tools.digits('starter');
        signal.throwIfAborted();
        if (!digits.ok) throw new Error(digits.reason);
        const images = binarise(digits.value, { kind: 'threshold' });
        const taught = sliceImages(images, 0, TAUGHT);
        const coins = await fitKinds(taught, 1, 1, signal);
        const kinds = await fitKinds(taught, KINDS, ITERATIONS, signal, (done) => (this.fitted = done));
        this.#images = images;
        this.#labels = digits.value.labels ?? new Uint8Array(images.count);
        this.models = { coins, kinds };
      },
      (reason) => (this.failure = reason),
    );
  }

  /** Probes the responsibilities and the pixels with few labels and with many. */
  async measure(): Promise<void> {
    const images = this.#images;
    const { models } = this;
    if (!images || !models) return;
    this.failure = '';
    this.results = [];
    this.measuring = true;
    await this.#run.run(
      async (signal) => {
        await measureFeatures(
          models.kinds,
          { images, labels: this.#labels, taught: TAUGHT },
          LABEL_COUNTS,
          REPEATS,
          signal,
          (result) => (this.results = [...this.results, result]),
        );
        this.measuring = false;
      },
      (reason) => {
        this.failure = reason;
        this.measuring = false;
      },
    );
  }

  /** Mean accuracies by number of labels, of what has been measured so far. */
  get accuracies(): readonly FeatureResult[] {
    return LABEL_COUNTS.flatMap((labels) => {
      const own = this.results.filter((result) => result.labels === labels);
      if (own.length === 0) return [];
      const mean = (of: Reading) => own.reduce((sum, each) => sum + each[of], 0) / own.length;
      return [{ labels, named: mean('named'), features: mean('features'), pixels: mean('pixels') }];
    });
  }

  cancel(): void {
    this.#run.abort();
    this.measuring = false;
  }
}

function cellOf(text: string): Cell {
  return text === '1' || text === '0' ? text : '?';
}
