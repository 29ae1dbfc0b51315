import type { Grid } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';
import {
  blanketOf,
  childrenOf,
  cycleBy,
  freeNumbers,
  jointOf,
  orderOf,
  rowOf,
} from '../../stats/networks.ts';
import { imageOf } from '../figures/small-images.ts';
import { formatEdges, parseEdges } from './edges.ts';
import { markov, PRESETS } from './presets.ts';
import { patchesOf } from './patch.ts';
import type { StarterDigits } from '../figures/starter-digits.svelte.ts';
import { countedTables, meanLogOf, sampleOf } from './tables.ts';
import type { ChainValues } from './params.ts';

/** As many numbers may a network have that beats the full tables. */
export const LEAN = 100;
const SAMPLES = 8;

/** A Bayesian network over the pixels of a patch, drawn by the visitor, with tables counted from the starter digits. */
export class Net {
  readonly #values: ChainValues;
  readonly digits: StarterDigits;
  /** The cycle of the arrow that was refused last, with the arrows and the pixel of that time. */
  #refused = $state.raw<{ edges: string; node: number; cycle: readonly number[] } | null>(null);
  /** The cycle that the last arrow would have closed; null where it did not, or where the arrows or the pixel are others by now. */
  readonly refusal = $derived.by(() => {
    const refused = this.#refused;
    return refused?.edges === this.#values.edges && refused.node === this.#values.node ? refused.cycle : null;
  });

  readonly grid = $derived.by<Grid>(() =>
    this.#values.grid === '2x2' ? { width: 2, height: 2 } : { width: 3, height: 3 },
  );
  readonly n = $derived.by(() => pixelCount(this.grid));
  readonly parents = $derived.by(() => parseEdges(this.#values.edges, this.n));
  readonly order = $derived.by(() => orderOf(this.parents) ?? []);
  readonly numbers = $derived.by(() => freeNumbers(this.parents));
  /** Name of the rule that these arrows follow; empty for none. */
  readonly preset = $derived.by(() => {
    const edges = formatEdges(this.parents);
    return PRESETS.find(({ parents }) => formatEdges(parents(this.grid)) === edges)?.name ?? '';
  });
  /** The pixel that is looked at. */
  readonly node = $derived.by(() => Math.min(this.#values.node, this.n - 1));
  readonly children = $derived.by(() => childrenOf(this.parents)[this.node]);
  readonly blanket = $derived.by(() => blanketOf(this.parents, this.node));
  /** The image at hand, [n]. */
  readonly bits = $derived.by(() =>
    Array.from({ length: this.n }, (_, pixel) => Number(this.#values.image.at(pixel) ?? 0)),
  );
  readonly image = $derived.by(() => imageOf(this.bits));
  /** Number of the row of each pixel's table that this image puts in force, [n]. */
  readonly rows = $derived.by(() => this.parents.map((list) => rowOf(list, (each) => this.bits[each])));

  readonly patches = $derived.by(() => {
    const { grey } = this.digits;
    return grey && patchesOf(this.grid, grey);
  });
  readonly tables = $derived.by(() => this.patches && countedTables(this.parents, this.patches.train));
  /** p of all images, [2^n]. */
  readonly joint = $derived.by(
    () =>
      this.tables &&
      jointOf(
        this.parents,
        this.tables.map(({ p }) => p),
      ),
  );
  /** Mean log-likelihood in nats of the digits that were counted, and of those held back. */
  readonly train = $derived.by(() => this.#score('train'));
  readonly held = $derived.by(() => this.#score('held'));
  /** Full tables, over all earlier pixels. */
  readonly fullTables = $derived.by(
    () => this.patches && countedTables(markov(this.n)(this.grid), this.patches.train),
  );
  /** Scores of full tables and of none but the pixels' own numbers, on the digits held back. */
  readonly full = $derived.by(() => this.#heldScore(this.n));
  readonly independent = $derived.by(() => this.#heldScore(0));
  /** Whether few numbers score better than the full tables. */
  readonly lean = $derived.by(
    () =>
      this.n === 9 &&
      this.numbers <= BigInt(LEAN) &&
      this.held !== null &&
      this.full !== null &&
      this.held > this.full,
  );
  /** p of each pixel of the image at hand given its parents, [n]. */
  readonly factors = $derived.by(
    () =>
      this.tables?.map(({ p }, pixel) => {
        const ink = p[this.rows[pixel]];
        return this.bits[pixel] ? ink : 1 - ink;
      }) ?? null,
  );
  /** Numbers of the images drawn. */
  readonly samples = $derived.by(() => {
    const tables = this.tables?.map(({ p }) => p) ?? [];
    if (tables.length === 0) return [];
    return Array.from({ length: SAMPLES }, (_, index) =>
      sampleOf(this.parents, this.order, tables, this.#values.seed, index),
    );
  });
  /** Numbers of as many patches of digits that were counted. */
  readonly examples = $derived.by(() => Array.from(this.patches?.train.words.subarray(0, SAMPLES) ?? []));

  constructor(values: ChainValues, digits: StarterDigits) {
    this.#values = values;
    this.digits = digits;
  }

  /** Draws an arrow, or takes it away; one that would close a cycle is refused. */
  toggleArrow(from: number, to: number): void {
    const has = this.parents[to].includes(from);
    const cycle = has ? null : cycleBy(this.parents, from, to);
    this.#refused = cycle && { edges: this.#values.edges, node: this.#values.node, cycle };
    if (cycle) return;
    this.#values.edges = formatEdges(
      this.parents.map((list, node) => {
        if (node !== to) return list;
        return has ? list.filter((each) => each !== from) : [...list, from];
      }),
    );
  }

  take(preset: string): void {
    this.#refused = null;
    const { parents } = PRESETS.find(({ name }) => name === preset) ?? PRESETS[0];
    this.#values.edges = formatEdges(parents(this.grid));
  }

  /** Another grid, with the same rule, or with full tables where there is none. */
  takeGrid(grid: string): void {
    const { preset } = this;
    this.#values.grid = grid;
    this.take(preset);
    this.look(this.n - 1);
  }

  look(node: number): void {
    this.#values.node = node;
  }

  togglePixel(pixel: number): void {
    this.#values.image = this.bits.map((bit, at) => (at === pixel ? 1 - bit : bit)).join('');
  }

  /** Mean log-likelihood of the digits held back under a Markov model of order m. */
  #heldScore(m: number): number | null {
    if (!this.patches) return null;
    const parents = markov(m)(this.grid);
    const tables = countedTables(parents, this.patches.train).map(({ p }) => p);
    return meanLogOf(jointOf(parents, tables), this.patches.held);
  }

  #score(part: 'train' | 'held'): number | null {
    return this.joint && this.patches ? meanLogOf(this.joint, this.patches[part]) : null;
  }
}
