import type { Binarisation } from '../../data/binarisation.ts';
import { takeRows } from '../../data/dataset.ts';
import { takeImages } from '../../data/images.ts';
import {
  type CurveRow,
  type PairResult,
  pairResultOf,
  rightOnes,
  rowsOf,
  scheduleOf,
  subsetOf,
} from '../../stats/sample-efficiency.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import { jobOf } from '../../engine/job.ts';
import { classifying, families, presetHyper } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { Hyper } from '../../models/model.ts';
import type { QuestionPorts } from '../questions/ports.ts';
import { classifier } from './discriminative-baseline.svelte.ts';
import { type Digits, digitsOf, firstDigits } from './sample-efficiency-digits.ts';
import { countable, refused } from '../compare/choice.ts';
import { MNIST_ID } from '../library/mnist.svelte.ts';
import { Newest } from '../newest.ts';
import { trainInTurn } from '../turn.ts';
import { whileLoaded } from '../while-loaded.ts';

export const SIZES = [10, 20, 50, 100, 200, 500, 1000] as const;
/** Added once MNIST has been downloaded. */
const LARGE_SIZES = [2000, 5000] as const;
export const REPEATS = [3, 5, 10] as const;
/** Digits of MNIST used. */
const POOL = 8000;
/** Test digits of a pair, at most. */
const MAX_TESTED = 2000;
const NAME = 'sample-efficiency';
const SEED = 0;

type Ports = Pick<
  QuestionPorts,
  'engine' | 'turn' | 'starter' | 'drawingStorage' | 'library' | 'pad' | 'binarisation'
>;

/** Accuracies by number of training digits, with the settings of the measurement. */
export interface Curve {
  readonly generative: string;
  readonly discriminative: string;
  readonly rows: readonly CurveRow[];
  readonly repeats: number;
  readonly binarisation: Binarisation;
  readonly source: string;
}

/** Trains a generative and a discriminative classifier on the same digits, for increasing numbers of them. */
export class SampleEfficiency {
  readonly #ports: Ports;
  /** Families that can be counted with one model per class, those that always have one first. */
  readonly families: readonly FamilySpec[];
  family = $state('');
  repeats = $state<number>(REPEATS[0]);
  curve = $state.raw<Curve | null>(null);
  running = $state(false);
  /** Pairs trained so far, and their total. */
  done = $state(0);
  total = $state(0);
  /** Training digits of the current pair. */
  size = $state(0);
  waiting = $state(false);
  /** Whether the shown curve was cancelled before its end. */
  cancelled = $state(false);
  error = $state('');
  readonly #run = new Newest();

  constructor({ ports }: { readonly ports: Ports }) {
    this.#ports = ports;
    this.families = countable(families)
      .filter((spec) => hyperOf(spec))
      .sort((a, b) => Number(b.classes === 'always') - Number(a.classes === 'always'));
    this.family = this.families.at(0)?.id ?? '';
  }

  /** Whether MNIST is on this machine, for the larger sizes. */
  get large(): boolean {
    return this.#ports.library.datasets.some((each) => each.id === MNIST_ID);
  }

  get sizes(): readonly number[] {
    return this.large ? [...SIZES, ...LARGE_SIZES] : SIZES;
  }

  /** Those of `families` that accept the current grid. */
  get offered(): readonly FamilySpec[] {
    return this.families.filter((spec) => refused(spec, this.#ports.pad.grid, hyperOf(spec)!) === null);
  }

  cancel(): void {
    this.#run.abort();
    this.cancelled ||= this.running;
  }

  async start(): Promise<void> {
    if (this.running) return;
    const generative = this.offered.find((spec) => spec.id === this.family) ?? this.offered.at(0);
    if (!generative || !classifier) return;
    Object.assign(this, { running: true, cancelled: false, error: '', done: 0, curve: null });
    await this.#run.run(
      async (signal) => {
        const ended = await this.#ports.turn.longWork.during(() =>
          this.#measure(generative, classifier!, signal),
        );
        if (!ended.ok) throw new Error(ended.reason);
      },
      // A dead worker is announced elsewhere, with the way out.
      (reason) => (this.error = reason),
    );
    this.running = false;
  }

  async #measure(
    generative: FamilySpec,
    discriminative: FamilySpec,
    signal: AbortSignal,
  ): Promise<Result<null>> {
    const { sizes, repeats, large } = this;
    const binarisation = this.#ports.binarisation();
    this.total = sizes.length * repeats;
    this.size = sizes[0];
    const digits = await this.#digits(large, binarisation, signal);
    if (!digits.ok) return digits;
    const pairs: PairResult[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const size of sizes) {
        this.size = size;
        const { pool, labels } = digits.value;
        const trained = subsetOf(pool.count, size, repeat, SEED);
        const tested = testedOf(trained, labels.length);
        const rights: Uint8Array[] = [];
        for (const spec of [generative, discriminative]) {
          const right = await this.#right(spec, digits.value, trained, tested, binarisation, signal);
          if (!right.ok) return right;
          rights.push(right.value);
        }
        pairs.push(pairResultOf(size, rights[0], rights[1]));
        this.done = pairs.length;
        this.curve = {
          generative: generative.label,
          discriminative: discriminative.label,
          rows: rowsOf(pairs),
          repeats,
          binarisation,
          source: large
            ? `the first ${POOL} digits of MNIST`
            : 'the starter digits and a hundred test digits',
        };
      }
    }
    return ok(null);
  }

  /** Trains on the digits `trained` and tests on those of `tested`: 1 where the model is right, [tested]. */
  async #right(
    spec: FamilySpec,
    { pool, bits, labels }: Digits,
    trained: Uint32Array,
    tested: readonly number[],
    binarisation: Binarisation,
    signal: AbortSignal,
  ): Promise<Result<Uint8Array>> {
    const job = jobOf({
      runId: NAME,
      family: spec.id,
      grid: pool.grid,
      hyper: hyperOf(spec)!,
      images: { kind: 'grey', images: takeRows(pool, trained) },
      binarisation,
      seed: SEED,
      ...scheduleOf(trained.length),
    });
    this.waiting = true;
    const outcome = await trainInTurn(this.#ports, job, signal, () => (this.waiting = false));
    if (!outcome.ok) return outcome;
    const { engine } = this.#ports;
    const logits = await whileLoaded(engine, NAME, outcome.value.model, () =>
      engine.classLogits(NAME, takeImages(bits, tested), signal),
    );
    if (!logits.ok) return logits;
    const own = Uint8Array.from(tested, (row) => labels[row]);
    signal.throwIfAborted();
    return ok(rightOnes(logits.value, own));
  }

  async #digits(large: boolean, binarisation: Binarisation, signal: AbortSignal): Promise<Result<Digits>> {
    const { starter, drawingStorage, library, pad } = this.#ports;
    const heldOut = drawingStorage.testDigits;
    const training = await starter();
    if (!heldOut?.labels || !training) return fail('The digits are not here: reload to try again.');
    if (!large) return await digitsOf(training, heldOut, pad.grid, binarisation, signal);
    const payload = await library.files(MNIST_ID);
    if (!payload.ok) return payload;
    const first = await firstDigits(payload.value, POOL);
    return first.ok ? await digitsOf(first.value, heldOut, pad.grid, binarisation, signal) : first;
  }
}

/** Digits outside the training subset, the held-out ones, which come last in `bits`, first. */
function testedOf(trained: Uint32Array, count: number): number[] {
  const used = new Set(trained);
  return Array.from({ length: count }, (_, i) => count - 1 - i)
    .filter((row) => !used.has(row))
    .slice(0, MAX_TESTED);
}

/** Hyper-parameters with which a family classifies after few images; null where it cannot. */
function hyperOf(spec: FamilySpec): Hyper | null {
  return classifying(spec, presetHyper(spec, 'few'));
}
