import { UNKNOWN } from '../../stats/networks.ts';
import { treeBeliefs } from '../../stats/tree-beliefs.ts';
import { digitsOn } from './patch.ts';
import type { StarterDigits } from '../figures/starter-digits.svelte.ts';
import { formatSeen, parseSeen, TREE_GRID, treeOf } from './tree.ts';
import type { ChainValues } from './params.ts';

/** How sure of ink the visitor is asked to make the tree, at a pixel that is not given and had a probability between these before. */
export const SURE = 0.8;
export const DOUBTFUL = { low: 0.2, high: 0.5 } as const;
const N = TREE_GRID.width * TREE_GRID.height;
/** What a tap does to a pixel; looking changes nothing. */
export const TOOLS = ['ink', 'paper', 'forget', 'look'] as const;
export type Tool = (typeof TOOLS)[number];

/** The best tree over the pixels of the digits, pixels that are known, and what the tree believes of the others. */
export class Believing {
  readonly #values: ChainValues;
  readonly digits: StarterDigits;
  #asked = $state(false);
  tool = $state<Tool>('ink');

  /** Null until its figure asks for it and the digits are there: counting all pairs of pixels takes a moment. */
  readonly tree = $derived.by(() => {
    const { grey } = this.digits;
    return this.#asked && grey ? treeOf(digitsOn(TREE_GRID, grey).train) : null;
  });
  /** 0, 1 or UNKNOWN, [n]. */
  readonly known = $derived.by(() => parseSeen(this.#values.seen, N));
  readonly before = $derived.by(
    () => this.tree && treeBeliefs(this.tree.parent, this.tree.tables, new Int8Array(N).fill(UNKNOWN)),
  );
  readonly now = $derived.by(() => this.tree && treeBeliefs(this.tree.parent, this.tree.tables, this.known));
  readonly pixel = $derived.by(() => this.#values.pixel);
  readonly count = $derived.by(() => this.known.filter((value) => value !== UNKNOWN).length);
  /** Whether the tree is sure of ink at a pixel that is not given and was doubtful before. */
  readonly sure = $derived.by(() => {
    const { now, before, known } = this;
    if (!now || !before) return false;
    return now.beliefs.some((belief, i) => {
      const was = before.beliefs[i];
      return belief >= SURE && known[i] === UNKNOWN && was >= DOUBTFUL.low && was <= DOUBTFUL.high;
    });
  });

  constructor(values: ChainValues, digits: StarterDigits) {
    this.#values = values;
    this.digits = digits;
  }

  /** Begins the count: the figure is on the page. */
  ask(): void {
    this.#asked = true;
    void this.digits.load();
  }

  look(pixel: number): void {
    this.#values.pixel = pixel;
  }

  /** Looks at a pixel and uses the tool on it; the same again takes it back. */
  act(pixel: number): void {
    this.look(pixel);
    if (this.tool === 'look') return;
    const value = { ink: 1, paper: 0, forget: UNKNOWN }[this.tool];
    const known = Int8Array.from(this.known);
    known[pixel] = known[pixel] === value ? UNKNOWN : value;
    this.#values.seen = formatSeen(known);
  }

  forgetAll(): void {
    this.#values.seen = '';
  }
}
