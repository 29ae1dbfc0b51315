import type { ChiSquared } from '../../stats/chi-squared.ts';
import { wordsOf } from '../../data/error-words.ts';
import type { Grid, GreyImages } from '../../data/images.ts';
import { poolImages } from '../../data/pool.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import { families } from '../../models/registry.ts';
import type { Hyper, Model } from '../../models/model.ts';
import { exactCases, orderPair } from './cases.ts';
import { audit, AUDIT_LEVEL, ExactnessCheck, SUM_TOLERANCE } from './check.ts';
import { Newest } from '../newest.ts';
import type { Turn } from '../turn.ts';

export const EXACT_SIDES = [2, 3, 4] as const;
type ExactSide = (typeof EXACT_SIDES)[number];
/** Samples that an audit draws. */
export const SAMPLES = 20_000;
/** Number of images shown with their exact and sampled frequencies. */
const LIKELIEST = 16;
/** The averaged logits are read image by image: a larger grid would take minutes. */
const MAX_PLANTED_SIDE = 3;

/** One image, its probability and its share of the samples. */
export interface LikelyImage {
  /** Bit i is pixel i. */
  readonly number: number;
  readonly exact: number;
  /** Null where nothing was drawn. */
  readonly sampled: number | null;
}

/** One model and the result of its check. Planted errors must fail. */
export interface ExactRow {
  readonly key: string;
  readonly label: string;
  readonly settings: string;
  readonly grid: Grid;
  /** Why it is wrong; null for a model of the registry. */
  readonly planted: string | null;
  readonly state: 'waiting' | 'training' | 'summing' | 'drawing' | 'done' | 'refused' | 'failed';
  /** Why it was refused or failed. */
  readonly note: string;
  /** Sum of p over the images so far; over all 2^n once it is done. */
  readonly sum: number | null;
  /** Null where no samples are drawn, and until they are. */
  readonly audit: ChiSquared | null;
  readonly likeliest: readonly LikelyImage[];
}

interface Measured {
  readonly table: Float64Array;
  readonly counts: Float64Array | null;
}

type Job = (check: ExactnessCheck, row: ExactRow) => Promise<Result<Measured>>;

interface ExactnessPorts {
  readonly engine: Engine;
  readonly turn: Turn;
  /** The starter digits; null until they have arrived. */
  readonly starter: () => GreyImages | null;
  /** Number of samples of an audit; `SAMPLES` by default. */
  readonly samples?: number;
}

/** Whether p sums to 1; null while that is not known. */
export function sumHolds({ state, sum }: ExactRow): boolean | null {
  if (sum === null || state === 'summing') return null;
  return Math.abs(sum - 1) <= SUM_TOLERANCE;
}

/** Whether the samples fit the table; null while that is not known. */
export function samplesFit(row: ExactRow): boolean | null {
  return row.audit && row.audit.p >= AUDIT_LEVEL;
}

/** Whether all checks of a row hold; null while that is not known. */
export function rowHolds(row: ExactRow): boolean | null {
  if (row.state !== 'done') return null;
  return sumHolds(row) !== false && samplesFit(row) !== false;
}

/** The exactness page: every density summed over all images of a small grid, and two planted errors. */
export class Exactness {
  readonly #ports: ExactnessPorts;
  side = $state<ExactSide>(3);
  rows = $state.raw<readonly ExactRow[]>([]);
  running = $state(false);
  /** Why nothing could be checked. */
  error = $state('');
  /** Key of the row whose images are shown; the first that is done where none was chosen. */
  chosen = $state<string | null>(null);
  #jobs: Record<string, Job | undefined> = {};
  readonly #run = new Newest();

  constructor(ports: ExactnessPorts) {
    this.#ports = ports;
    this.choose(3);
  }

  get grid(): Grid {
    return { width: this.side, height: this.side };
  }

  get shown(): ExactRow | null {
    const known = this.rows.filter((row) => row.likeliest.length > 0);
    return known.find((row) => row.key === this.chosen) ?? known.at(0) ?? null;
  }

  get settled(): number {
    return this.rows.filter((row) => ['done', 'refused', 'failed'].includes(row.state)).length;
  }

  /** Changes the grid, which discards all results. */
  choose(side: ExactSide): void {
    this.cancel();
    this.side = side;
    this.#reset();
  }

  cancel(): void {
    this.#run.abort();
    this.running = false;
    this.rows = this.rows.map((row) =>
      ['training', 'summing', 'drawing'].includes(row.state) ? { ...row, state: 'waiting', sum: null } : row,
    );
  }

  /** Checks all rows one after the other; after a cancelled check it continues with the rows that are left. */
  async start(): Promise<void> {
    if (this.running) return;
    this.error = '';
    if (!this.#ports.starter()) {
      this.error = 'The starter digits have not arrived yet: try again in a moment.';
      return;
    }
    if (this.rows.every((row) => row.state !== 'waiting')) this.#reset();
    const signal = this.#run.begin();
    const check = new ExactnessCheck(this.#ports, signal);
    this.running = true;
    for (const { key } of this.rows) {
      const row = this.rows.find((each) => each.key === key);
      const job = this.#jobs[key];
      if (!job || row?.state !== 'waiting') continue;
      const found = await attempt(() => this.#ports.turn.longWork.during(() => job(check, row)));
      if (signal.aborted) return;
      if (!found.ok) this.#set(key, { state: 'failed', note: found.reason });
      else this.#finish(key, found.value);
    }
    this.running = false;
  }

  #reset(): void {
    this.#jobs = {};
    const { grid } = this;
    const rows = exactCases(families, grid).map((each) => {
      const row = blankRow(each.key, each.label, each.settings, grid);
      if (each.refusal !== null) return { ...row, state: 'refused' as const, note: each.refusal };
      this.#jobs[each.key] = (check, { key }) => this.#checkGenuine(check, key, each.family, each.hyper);
      return row;
    });
    this.rows = [...rows, ...this.#plantedErrors()];
  }

  /** Two errors that occur in published code. They show that the check can fail. */
  #plantedErrors(): ExactRow[] {
    const side = Math.min(this.side, MAX_PLANTED_SIDE);
    const small = { width: side, height: side };
    const logits = orderPair(families, small);
    const order = orderPair(families, this.grid);
    if (!logits || !order) return [];
    this.#jobs['planted logits'] = async (check, { key }) => {
      const { spec, own, other } = logits;
      const models: Model[] = [];
      for (const hyper of [own, other]) {
        const model = await this.#train(check, key, spec.id, hyper, small);
        if (!model.ok) return model;
        models.push(model.value);
      }
      this.#set(key, { state: 'summing' });
      const table = await check.with(models[0], (first) =>
        check.with(models[1], (second) =>
          check.averagedLogits([first, second], small, (sum) => this.#onSum(check, key, sum)),
        ),
      );
      return table.ok ? ok({ table: table.value, counts: null }) : table;
    };
    this.#jobs['planted order'] = async (check, { key }) => {
      const { spec, own, other } = order;
      const model = await this.#train(check, key, spec.id, own, this.grid);
      if (!model.ok) return model;
      return await this.#measure(check, key, { ...model.value, hyper: other }, model.value);
    };
    return [
      {
        ...blankRow(
          'planted logits',
          'Averaged logits',
          `${logits.spec.label}: ${logits.names.join(' and ')}`,
          small,
        ),
        planted:
          'An ensemble over two orders that averages logits, pixel by pixel. The two see different pixels before each one, so the mean is a conditional of nothing and the product over pixels sums to no particular number. Averaging the probabilities of whole images is right: that is what the rows with several orders do.',
      },
      {
        ...blankRow(
          'planted order',
          'Sampled in another order',
          `${order.spec.label}: drawn in ${order.names[0]}, scored in ${order.names[1]}`,
          this.grid,
        ),
        planted:
          'The same weights drawn from in one order and scored in another. Either order alone is a distribution, so the sum is right; but they are two different ones, and the samples give it away.',
      },
    ];
  }

  async #checkGenuine(
    check: ExactnessCheck,
    key: string,
    family: string,
    hyper: Hyper,
  ): Promise<Result<Measured>> {
    const model = await this.#train(check, key, family, hyper, this.grid);
    return model.ok ? await this.#measure(check, key, model.value, model.value) : model;
  }

  async #train(
    check: ExactnessCheck,
    key: string,
    family: string,
    hyper: Hyper,
    grid: Grid,
  ): Promise<Result<Model>> {
    this.#set(key, { state: 'training' });
    const starter = this.#ports.starter();
    if (!starter) return fail('starter digits: they have not arrived yet');
    const images = poolImages(starter, grid);
    return images.ok ? await check.train(family, hyper, images.value) : images;
  }

  /** The table of one model and the counts of samples of another; both are the same model except in a planted error. */
  async #measure(check: ExactnessCheck, key: string, scored: Model, drawn: Model): Promise<Result<Measured>> {
    this.#set(key, { state: 'summing' });
    const table = await check.with(scored, (name) =>
      check.table(name, scored.grid, (sum) => this.#onSum(check, key, sum)),
    );
    if (!table.ok) return table;
    check.signal.throwIfAborted();
    this.#set(key, { state: 'drawing' });
    const counts = await check.with(drawn, (name) =>
      check.draw(name, drawn.grid, this.#ports.samples ?? SAMPLES),
    );
    return counts.ok ? ok({ table: table.value, counts: counts.value }) : counts;
  }

  #onSum(check: ExactnessCheck, key: string, sum: number): void {
    if (!check.signal.aborted) this.#set(key, { sum });
  }

  #finish(key: string, { table, counts }: Measured): void {
    const sum = table.reduce((total, p) => total + p, 0);
    const drawn = counts ? counts.reduce((total, n) => total + n, 0) : 0;
    const likeliest = Array.from(table, (exact, number) => ({ exact, number }))
      .sort((a, b) => b.exact - a.exact)
      .slice(0, LIKELIEST)
      .map((each) => ({ ...each, sampled: counts && counts[each.number] / drawn }));
    this.#set(key, { state: 'done', sum, audit: counts && audit(counts, table), likeliest });
  }

  #set(key: string, part: Partial<ExactRow>): void {
    this.rows = this.rows.map((row) => (row.key === key ? { ...row, ...part } : row));
  }
}

function blankRow(key: string, label: string, settings: string, grid: Grid): ExactRow {
  return {
    key,
    label,
    settings,
    grid,
    planted: null,
    state: 'waiting',
    note: '',
    sum: null,
    audit: null,
    likeliest: [],
  };
}

/** Turns a rejection into a failed row; the death of the engine is also announced by the notice that offers a restart. */
async function attempt<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (error) {
    return fail(wordsOf(error));
  }
}
