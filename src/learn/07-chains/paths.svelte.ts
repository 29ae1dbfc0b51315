import { fixed } from '../../app/format.ts';
import { conditionalInformation } from '../../stats/conditional-information.ts';
import { openTrail, trailsBetween } from '../../stats/d-separation.ts';
import { beliefsByEnumeration, jointOf, UNKNOWN } from '../../stats/networks.ts';
import type { LabelOf } from '../labels.ts';
import type { Net } from './net.svelte.ts';
import { CAUSES, drawnTables, exampleOf, strokeTables } from './questions.ts';
import { NOTHING_GIVEN, type ChainValues } from './params.ts';

/** What a tap on a pixel means. */
export const TAPS = ['given', 'first', 'second'] as const;
export type Tap = (typeof TAPS)[number];
/** As many paths are listed; the last place says where there are more. */
export const SHOWN_TRAILS = 5;
const GRID = { width: 3, height: 3 };

/** "Are these two independent given those?", answered by the graph and by the numbers. */
export class Paths {
  readonly #values: ChainValues;
  readonly #net: Net;
  tap = $state<Tap>('given');

  readonly grid = $derived.by(() => (this.#values.graph === 'yours' ? this.#net.grid : GRID));
  readonly n = $derived.by(() => this.grid.width * this.grid.height);
  readonly parents = $derived.by(() =>
    this.#values.graph === 'yours' ? this.#net.parents : exampleOf(this.#values.graph),
  );
  /** The pixels that take part. */
  readonly nodes = $derived.by(() =>
    this.parents
      .map((_, pixel) => pixel)
      .filter(
        (pixel) =>
          this.#values.graph === 'yours' ||
          this.parents[pixel].length > 0 ||
          this.parents.some((list) => list.includes(pixel)),
      ),
  );
  readonly evidence = $derived.by(() =>
    Int8Array.from({ length: this.n }, (_, pixel) => {
      const known = this.#values.given.at(pixel);
      return known === '0' || known === '1' ? Number(known) : UNKNOWN;
    }),
  );
  readonly given = $derived.by(() => this.nodes.filter((pixel) => this.evidence[pixel] !== UNKNOWN));
  readonly first = $derived.by(() => Number(this.#values.ask[0]));
  readonly second = $derived.by(() => Number(this.#values.ask[1]));
  /** Whether there is a question: two different pixels that take part and are not given. */
  readonly asked = $derived.by(
    () =>
      this.first !== this.second &&
      [this.first, this.second].every((pixel) => this.nodes.includes(pixel) && !this.given.includes(pixel)),
  );
  /** Those of the two that are given: nothing is left to ask about them. */
  readonly settled = $derived.by(() =>
    [this.first, this.second].filter((pixel) => this.given.includes(pixel)),
  );

  readonly tables = $derived.by(() =>
    this.#values.graph === 'causes'
      ? strokeTables(this.parents)
      : drawnTables(this.parents, this.#values.seed),
  );
  readonly joint = $derived.by(() => jointOf(this.parents, this.tables));
  /** p(ink) of every pixel, before and after what is given, [n]. */
  readonly before = $derived.by(
    () => beliefsByEnumeration(this.joint, new Int8Array(this.n).fill(UNKNOWN)).beliefs,
  );
  readonly now = $derived.by(() => beliefsByEnumeration(this.joint, this.evidence));

  /** A shortest open trail; null where there is none, or no question. */
  readonly trail = $derived.by(() => this.#trail(this.given));
  /** The same with nothing given. */
  readonly trailBefore = $derived.by(() => this.#trail([]));
  readonly trails = $derived.by(() =>
    this.asked ? trailsBetween(this.parents, this.first, this.second, this.given, SHOWN_TRAILS + 1) : [],
  );
  readonly information = $derived.by(() =>
    this.asked ? conditionalInformation(this.joint, this.first, this.second, this.given) : null,
  );

  /** Two that depended on each other are independent given what is given now. */
  readonly blocked = $derived.by(() => this.asked && this.trail === null && this.trailBefore !== null);
  /** Two that were independent depend on each other given what is given now. */
  readonly opened = $derived.by(() => this.asked && this.trail !== null && this.trailBefore === null);
  /** The effect and one of its two causes are given as ink, the other cause is not given. */
  readonly explained = $derived.by(() => {
    const { first, second, effect } = CAUSES;
    const causes = [this.evidence[first], this.evidence[second]];
    return (
      this.#values.graph === 'causes' &&
      this.evidence[effect] === 1 &&
      causes.includes(1) &&
      causes.includes(UNKNOWN)
    );
  });

  constructor(values: ChainValues, net: Net) {
    this.#values = values;
    this.#net = net;
  }

  /** Another network: nothing is given, and the question is about two of its pixels. */
  takeGraph(graph: string): void {
    this.#values.graph = graph;
    this.forget();
    const [first = 0, second = 1] = START_QUESTIONS[graph] ?? [0, this.n - 1];
    this.#values.ask = `${first}${second}`;
  }

  forget(): void {
    this.#values.given = NOTHING_GIVEN;
  }

  /** What a tap means now, done to a pixel: one of the two that are asked about, or unknown, ink, paper in turn. */
  act(pixel: number): void {
    if (this.tap === 'given') {
      const next = { [UNKNOWN]: '1', 1: '0', 0: '-' }[this.evidence[pixel]] ?? '-';
      this.#know(pixel, next);
      return;
    }
    this.#know(pixel, '-');
    const [first, second] = [this.first, this.second];
    // The other one of the two changes places.
    if (this.tap === 'first') this.#values.ask = `${pixel}${pixel === second ? first : second}`;
    else this.#values.ask = `${pixel === first ? second : first}${pixel}`;
  }

  #know(pixel: number, value: string): void {
    this.#values.given = this.#values.given.slice(0, pixel) + value + this.#values.given.slice(pixel + 1);
  }

  #trail(given: readonly number[]): number[] | null {
    return this.asked ? openTrail(this.parents, this.first, this.second, given) : null;
  }
}

const START_QUESTIONS: Readonly<Partial<Record<string, readonly number[]>>> = {
  causes: [CAUSES.first, CAUSES.second],
  chain: [3, 5],
  fork: [3, 5],
  lattice: [2, 6],
};

/** Nats with six decimals: never 0 where a little is shared, and 0 where the sum differs from it by rounding only. */
export function shownNats(nats: number | undefined, label: LabelOf): string {
  if (nats === undefined) return '–';
  if (nats < 1e-12) return fixed(0, 6);
  return nats < 5e-7 ? label('less-than', { bound: fixed(1e-6, 6) }) : fixed(nats, 6);
}
