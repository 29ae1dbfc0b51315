import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import { Newest } from '../../app/newest.ts';
import { pixelCount } from '../../data/images.ts';
import { choice, MAX_SEED, real, seed, text, type Values, whole } from '../state/params.ts';
import { contendersOn, floorOf, type Contender } from './contenders.ts';
import { logisticFloor, missedBy } from './floors.ts';
import { entropy, totalCorrelation } from '../../stats/divergences.ts';
import { trainAndScore } from './race.ts';
import {
  drawnImages,
  edgesOf,
  greyOf,
  isingTruth,
  networkTruth,
  parentsIn,
  PATCH,
  type Rule,
  type Truth,
  withEdge,
  xorTruth,
} from './truths.ts';

export const TRUTHS = ['xor', 'ising', 'net'] as const;
export const RULES: readonly Rule[] = ['most', 'odd'];
/** Sizes of the training set. */
export const SIZES = [30, 100, 300, 1000, 3000, 10_000] as const;
/** More parents make tables that no sample fills. */
export const MAX_PARENTS = 4;
/** Nats below which a family counts as having found the truth. */
export const FOUND = 0.02;
export const SHOWN = 12;

/** Networks to begin with, as arrows between the pixels of the patch. */
export const PRESETS = {
  chain: edgesOf(Array.from({ length: 9 }, (_, i) => (i > 0 ? [i - 1] : []))),
  star: edgesOf(Array.from({ length: 9 }, (_, i) => (i > 0 ? [0] : []))),
  lattice: edgesOf(
    Array.from({ length: 9 }, (_, i) => [...(i >= 3 ? [i - 3] : []), ...(i % 3 > 0 ? [i - 1] : [])]),
  ),
  pairs: '0-2,1-2,3-5,4-5,6-8,7-8',
} as const;

export const params = {
  truth: choice('xor', TRUTHS),
  coupling: real(0.4, 0, 1.2, 2),
  edges: text(PRESETS.pairs, /^(\d-\d(,\d-\d)*)?$/),
  rule: choice('odd', RULES),
  follow: real(0.95, 0.5, 1, 2),
  /** Which of SIZES. */
  size: whole(3, 0, SIZES.length - 1),
  seed: seed(1),
  shown: text('', /^[a-z-]*$/),
} as const;

/** A family in the race. */
export interface Entry extends Contender {
  /** See floorOf. */
  readonly floor: number | null;
  /** log q of every image, [2^n]; null before it is trained. */
  readonly logQ: Float64Array | null;
  /** KL(truth, model) in nats; null before. */
  readonly missed: number | null;
}

/** A planted distribution, and the families that are trained on its samples. */
export class Planted {
  readonly values: Values<typeof params>;
  readonly #tools: ChapterTools;
  readonly #work = new Newest();
  readonly truthName = $derived.by(() => TRUTHS.find((name) => name === this.values.truth) ?? TRUTHS[0]);
  readonly rule = $derived.by(() => RULES.find((rule) => rule === this.values.rule) ?? RULES[0]);
  /** Of every pixel of the network. */
  readonly parents = $derived.by(() => limited(parentsIn(this.values.edges, pixelCount(PATCH))));
  readonly truth = $derived.by<Truth>(() => {
    if (this.truthName === 'xor') return xorTruth();
    if (this.truthName === 'ising') return isingTruth(this.values.coupling);
    return networkTruth(this.parents, this.rule, this.values.follow);
  });
  readonly logP = $derived(this.truth.p.map(Math.log));
  readonly entropy = $derived(entropy(this.truth.p));
  readonly pixels = $derived(pixelCount(this.truth.grid));
  readonly correlation = $derived(totalCorrelation(this.truth.p));
  readonly logistic = $derived(logisticFloor(this.truth.p, this.pixels));
  /** What the best logistic and the best independent model miss of the Ising patch, whatever is planted. */
  readonly patch = $derived.by(() => {
    const { p } = isingTruth(this.values.coupling);
    const n = pixelCount(PATCH);
    return { logistic: logisticFloor(p, n), correlation: totalCorrelation(p) };
  });
  readonly training = $derived.by(() => drawnImages(this.logP, this.count, this.values.seed));
  #contenders = $derived.by(() => contendersOn(this.truth.grid));
  /** log q of all images by family, and what was trained on. */
  #results = $state.raw<{
    readonly of: string;
    readonly logQ: Readonly<Partial<Record<string, Float64Array>>>;
  }>({ of: '', logQ: {} });
  /** What is being trained, and how much of all is done, 0 to 1; null while nothing is. */
  progress = $state.raw<{ readonly label: string; readonly done: number } | null>(null);
  failure = $state('');
  cancelled = $state(false);

  /** Those that are trained first, by what they miss. */
  readonly entries = $derived.by<readonly Entry[]>(() =>
    this.#contenders
      .map((contender): Entry => {
        const logQ = (this.#results.of === this.trainedOn && this.#results.logQ[contender.family]) || null;
        const missed = logQ && missedBy(this.truth.p, logQ);
        return { ...contender, floor: floorOf(contender, this.truth), logQ, missed };
      })
      .sort((a, b) => (a.missed ?? Infinity) - (b.missed ?? Infinity)),
  );
  readonly best = $derived(this.entries.find(({ missed }) => missed !== null) ?? null);
  /** The family whose samples are shown: the one chosen, or the best. */
  readonly chosen = $derived(
    this.entries.find(({ family, missed }) => family === this.values.shown && missed !== null) ?? this.best,
  );
  readonly q = $derived(this.chosen?.logQ?.map(Math.exp) ?? null);

  constructor(values: Values<typeof params>, tools: ChapterTools) {
    this.values = values;
    this.#tools = tools;
  }

  get count(): number {
    return SIZES[this.values.size];
  }

  get done(): boolean {
    return this.entries.every(({ missed }) => missed !== null);
  }

  /** The truth and the samples, as text: results for others are no results. */
  get trainedOn(): string {
    const { truth, coupling, edges, rule, follow, size, seed: of } = this.values;
    return [truth, coupling, edges, rule, follow, size, of].join();
  }

  /** An image from the truth or the chosen model, by its number, for the same random numbers. */
  samplesOf(logs: ArrayLike<number>): Uint32Array {
    return drawnImages(logs, SHOWN, (this.values.seed + 1) % (MAX_SEED + 1));
  }

  toggleParent(parent: number, pixel: number): void {
    const full = this.parents[pixel].length >= MAX_PARENTS && !this.parents[pixel].includes(parent);
    if (parent < pixel && !full)
      this.values.edges = withEdge(this.values.edges, parent, pixel, pixelCount(PATCH));
  }

  /** Trains all families on the samples, one after the other. */
  async race(): Promise<void> {
    this.cancel();
    this.failure = '';
    this.cancelled = false;
    const of = this.trainedOn;
    this.#results = { of, logQ: {} };
    const images = greyOf(this.training, this.truth.grid);
    const contenders = this.#contenders;
    await this.#work.run(
      async (signal) => {
        for (const [i, contender] of contenders.entries()) {
          const tell = (part: number): void => {
            if (!signal.aborted)
              this.progress = { label: contender.label, done: (i + part) / contenders.length };
          };
          tell(0);
          const scored = await trainAndScore(this.#tools, contender, images, this.values.seed, signal, tell);
          if (!scored.ok) throw new Error(`${contender.label}: ${scored.reason}`);
          this.#results = { of, logQ: { ...this.#results.logQ, [contender.family]: scored.value } };
        }
        this.progress = null;
      },
      (reason) => {
        this.progress = null;
        this.failure = reason;
      },
    );
  }

  /** Ends the training under way; what is there stays. */
  cancel(): void {
    this.#work.abort();
    this.cancelled = this.progress !== null;
    this.progress = null;
  }
}

/** At most MAX_PARENTS of every pixel: a link may name more. */
function limited(parents: readonly (readonly number[])[]): number[][] {
  return parents.map((own) => own.slice(0, MAX_PARENTS));
}
