/** One row: every contender is opened, checked and timed in turn, so that whatever else the machine does slows all alike. */
import type { Reference } from './agreement.ts';
import type { ReadProcessorTime } from './processor-time.ts';
import type { Spread } from './statistics.ts';
import { spread } from './statistics.ts';
import type { Amount, Contender, Opened, Ran, Request, Row } from './tasks.ts';

const PIXELS = 784;
const SCORED = 1000;

/** How long is measured, in seconds. */
export interface Patience {
  /** Of one timing: quick runs are repeated so long. */
  readonly least: number;
  /** What takes longer than this is cut to about so much, where it can be: fewer images scored, fewer pixels drawn. */
  readonly most: number;
  readonly rounds: number;
  /** Contenders that take longer than `most` are timed so often. */
  readonly slowRounds: number;
}

export const USUAL: Patience = { least: 0.4, most: 1.5, rounds: 5, slowRounds: 2 };
export const QUICK: Patience = { least: 0.25, most: 0.8, rounds: 3, slowRounds: 1 };

/** A contender that did not answer in time. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
}

export interface Ports {
  /** Rejects where the contender fails, with TooSlow where it takes too long. */
  ask(contender: Contender, request: Request): Promise<Opened | Ran>;
  readonly processorTime: ReadProcessorTime;
  tell(text: string): void;
}

export interface Measured {
  readonly contender: Contender;
  readonly description: string;
  readonly amount: Amount;
  readonly repeats: number;
  /** Images, or steps of training, a second: by the clock, and by processor time. */
  readonly wall: Spread;
  readonly processor: Spread;
}

export interface MeasuredRow extends Row {
  /** Images scored and drawn, or steps. */
  readonly unit: 'images' | 'steps';
  readonly measured: readonly Measured[];
  /** Contenders that do not offer the work, and why. */
  readonly absent: readonly Missing[];
  /** Contenders that failed or computed something else than the model, and how: an error of the whole bench. */
  readonly wrong: readonly Missing[];
}

/** Contenders that compute what the definition does, and the others as in MeasuredRow. */
export interface CheckedRow extends Row {
  readonly right: readonly Contender[];
  readonly absent: readonly Missing[];
  readonly wrong: readonly Missing[];
}

export interface Missing {
  readonly contender: Contender;
  readonly reason: string;
}

type OpenedContender = Extract<Opened, { ok: true }>;

interface Entry {
  readonly contender: Contender;
  readonly wholeImages: boolean;
  description: string;
  amount: Amount;
  times: number;
  slow: boolean;
  failed: boolean;
  readonly seconds: { wall: number; processor: number }[];
}

const imagesOf = ({ work }: Row): number => (work === 'score' ? SCORED : work === 'sample 64' ? 64 : 1);

/** Units that one run of the amount is worth; of images that are drawn in part, the part. */
export function unitsOf({ work }: Row, { images, pixels, steps }: Amount): number {
  return work === 'train' ? steps : work === 'score' ? images : (images * pixels) / PIXELS;
}

export class RowBench {
  readonly #row: Row;
  readonly #reference: Reference;
  readonly #patience: Patience;
  readonly #ports: Ports;

  constructor(row: Row, reference: Reference, patience: Patience, ports: Ports) {
    this.#row = row;
    this.#reference = reference;
    this.#patience = patience;
    this.#ports = ports;
  }

  /** Compares the contenders with the definition, and times nothing. */
  async check(contenders: readonly Contender[], checked: number): Promise<CheckedRow> {
    const { found, absent, wrong } = await this.#openAll(contenders, (contender, opened) =>
      this.#check(contender, this.#few(opened, checked)).then(() => contender),
    );
    return { ...this.#row, right: found, absent, wrong };
  }

  async run(contenders: readonly Contender[], checked: number): Promise<MeasuredRow> {
    const prepare = (contender: Contender, opened: OpenedContender) =>
      this.#prepare(contender, opened, checked);
    const { found: entries, absent, wrong } = await this.#openAll(contenders, prepare);
    for (let round = 0; round < this.#patience.rounds; round++) {
      for (const entry of entries) {
        if (entry.failed || (entry.slow && round >= this.#patience.slowRounds)) continue;
        try {
          await this.#time(entry);
        } catch (error) {
          entry.failed = true;
          wrong.push({ contender: entry.contender, reason: `while it was timed: ${wordsOf(error)}` });
        }
      }
    }
    const unit = this.#row.work === 'train' ? 'steps' : 'images';
    return {
      ...this.#row,
      unit,
      measured: entries.filter(({ failed }) => !failed).map((entry) => this.#summary(entry)),
      absent,
      wrong,
    };
  }

  /** What `use` makes of every contender that offers the row's work, one after the other. */
  async #openAll<T>(
    contenders: readonly Contender[],
    use: (contender: Contender, opened: OpenedContender) => Promise<T>,
  ): Promise<{ found: T[]; absent: Missing[]; wrong: Missing[] }> {
    const found: T[] = [];
    const absent: Missing[] = [];
    const wrong: Missing[] = [];
    for (const contender of contenders) {
      this.#ports.tell(contender);
      try {
        const opened = (await this.#ports.ask(contender, { call: 'open', row: this.#row })) as Opened;
        if (opened.ok) found.push(await use(contender, opened));
        else absent.push({ contender, reason: opened.reason });
      } catch (error) {
        const reason = wordsOf(error);
        this.#ports.tell(`${contender}: ${reason}`);
        (error instanceof TooSlow ? absent : wrong).push({ contender, reason });
      }
    }
    return { found, absent, wrong };
  }

  async #ran(contender: Contender, amount: Amount, times = 1, wanted = false): Promise<Ran> {
    return (await this.#ports.ask(contender, { call: 'run', amount, times, wanted })) as Ran;
  }

  /** What is compared with the definition, `checked` images where they are scored. */
  #few({ wholeImages, pixels }: OpenedContender, checked: number): Amount {
    const whole = this.#whole();
    return {
      ...whole,
      images: this.#row.work === 'score' ? checked : whole.images,
      pixels: wholeImages ? PIXELS : pixels,
    };
  }

  #whole(): Amount {
    return { images: imagesOf(this.#row), pixels: PIXELS, steps: 1 };
  }

  /** Checks the contender, and chooses how much one timing does. */
  async #prepare(contender: Contender, opened: OpenedContender, checked: number): Promise<Entry> {
    const { work } = this.#row;
    const { most, least } = this.#patience;
    const whole = this.#whole();
    const few = this.#few(opened, checked);
    await this.#check(contender, few);
    const { milliseconds } = await this.#ran(contender, few);
    const seconds = milliseconds / 1000;
    const all = (seconds * unitsOf(this.#row, whole)) / unitsOf(this.#row, few);
    const share = all > 2 * most ? most / all : 1;
    const amount: Amount = {
      ...whole,
      images: work === 'score' ? atLeast(few.images, whole.images * share) : whole.images,
      pixels: opened.wholeImages ? PIXELS : atLeast(few.pixels, PIXELS * share),
    };
    // Compiles what only this amount needs.
    if (amount.images !== few.images) await this.#ran(contender, amount);
    const before = await this.#ports.processorTime();
    const again = await this.#ran(contender, amount);
    const processor = (await this.#ports.processorTime()) - before;
    const each = again.milliseconds / 1000;
    // Processor time is counted in hundredths of a second.
    const times = Math.max(1, Math.ceil(least / Math.max(processor > 0.05 ? processor : each, 1e-4)));
    const entry = { contender, wholeImages: opened.wholeImages, description: opened.description };
    return { ...entry, amount, times, slow: each > most / 2, failed: false, seconds: [] };
  }

  async #check(contender: Contender, amount: Amount): Promise<void> {
    const { work } = this.#row;
    const wanted = async () => (await this.#ran(contender, amount, 1, true)).outcome;
    const wrong =
      work === 'score'
        ? this.#reference.scores(await wanted(), amount.images)
        : work === 'train'
          ? this.#reference.losses([...(await wanted()), ...(await wanted())])
          : this.#reference.samples(await wanted(), amount.images, amount.pixels);
    if (wrong !== null) throw new Error(`disagrees with the definition: ${wrong}`);
  }

  async #time(entry: Entry): Promise<void> {
    const { processorTime } = this.#ports;
    const before = await processorTime();
    const { milliseconds } = await this.#ran(entry.contender, entry.amount, entry.times);
    const processor = ((await processorTime()) - before) / entry.times;
    entry.seconds.push({ wall: milliseconds / 1000 / entry.times, processor });
  }

  #summary({ contender, description, amount, seconds, times }: Entry): Measured {
    const units = unitsOf(this.#row, amount);
    const rates = (of: 'wall' | 'processor') => spread(seconds.map((timing) => units / timing[of]));
    return {
      contender,
      description,
      amount,
      repeats: seconds.length * times,
      wall: rates('wall'),
      processor: rates('processor'),
    };
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function atLeast(least: number, wished: number): number {
  return Math.max(least, Math.floor(wished));
}
