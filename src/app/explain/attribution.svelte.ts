import type { PackedImages } from '../../data/images.ts';
import { type Attribution, SUPERSEDED } from '../../engine/queries/api.ts';
import type { Questions } from '../questions/questions.svelte.ts';
import { Latest } from '../latest.ts';

/** While the drawing changes, a query runs this long before the next one ends it: enough for the pixels nearby. */
const MIN_QUERY_MS = 300;

interface Query {
  readonly name: string;
  readonly image: PackedImages;
  readonly pixel: number;
}

/** How many pixels affect a conditional, and how many do not. */
export interface Tally {
  readonly earlier: number;
  /** Earlier pixels whose flip leaves the logit bit-identical. */
  readonly withoutEffect: number;
  readonly later: number;
  /** Later pixels whose flip changes the logit: any above 0 is a bug in the model's code. */
  readonly laterWithEffect: number;
}

/** The attribution of one pixel's conditional, kept up to date while the drawing, the pixel or the model changes. */
export class PixelAttribution {
  readonly #questions: Questions;
  /** Of the queried pixel; flips not yet reported for a newer drawing are those of the drawing before. */
  known = $state.raw<Attribution | null>(null);
  /** Pixels flipped so far for the drawing that was queried last. */
  flipped = $state(0);
  failure = $state('');
  #query: Query | null = null;
  #answered = $state.raw<Query | null>(null);
  #since = 0;
  #running = false;
  #timeout: ReturnType<typeof setTimeout> | undefined;
  readonly #latest = new Latest<Query>((query) => this.#answer(query));

  constructor(questions: Questions) {
    this.#questions = questions;
  }

  /** Whether the latest query is answered in full. */
  get settled(): boolean {
    return this.known?.done === true && this.#answered !== null;
  }

  look(query: Query): void {
    const before = this.#query;
    const same = before?.name === query.name && before.pixel === query.pixel;
    if (same && before.image === query.image) return;
    this.#query = query;
    this.#answered = null;
    if (!same) this.#clear();
    if (this.#running) this.#endSoon(same ? MIN_QUERY_MS - (performance.now() - this.#since) : 0);
    this.#latest.submit(query);
  }

  /** The maps are not visible: ends a running query and clears the result. */
  stop(): void {
    if (!this.#query) return;
    this.#query = null;
    this.#answered = null;
    this.#clear();
    if (this.#running) this.#endSoon(0);
  }

  #clear(): void {
    this.known = null;
    this.flipped = 0;
    this.failure = '';
  }

  #endSoon(milliseconds: number): void {
    clearTimeout(this.#timeout);
    this.#timeout = setTimeout(() => this.#end(), Math.max(0, milliseconds));
  }

  #end(): void {
    // A dead worker is announced elsewhere, with the way out.
    this.#questions.ports.engine.explain.cancel().catch(() => undefined);
  }

  async #answer(query: Query): Promise<void> {
    const { name, image, pixel } = query;
    if (!this.#isCurrent(query)) return;
    this.#since = performance.now();
    this.#running = true;
    try {
      const { explain } = this.#questions.ports.engine;
      const answer = await explain.attribute(name, image, pixel, (part) => this.#show(query, part));
      if (answer.ok) this.#show(query, answer.value);
      else if (answer.reason !== SUPERSEDED && this.#isCurrent(query)) this.failure = answer.reason;
    } catch (error) {
      if (this.#isCurrent(query)) this.failure = error instanceof Error ? error.message : String(error);
    }
    clearTimeout(this.#timeout);
    this.#running = false;
  }

  /** Whether the query is of the current pixel and model; its drawing may be an older one. */
  #isCurrent({ name, pixel }: Query): boolean {
    return this.#query?.name === name && this.#query.pixel === pixel;
  }

  #show(query: Query, part: Attribution): void {
    if (!this.#isCurrent(query)) return;
    const before = this.known?.flips;
    const flips = before ? part.flips.map((flip, i) => (Number.isNaN(flip) ? before[i] : flip)) : part.flips;
    this.known = { ...part, flips };
    this.flipped = part.flips.reduce((sum, flip) => sum + Number(!Number.isNaN(flip)), 0);
    this.failure = '';
    if (part.done && query.image === this.#query?.image) this.#answered = query;
  }
}

/** `places` holds the place of every pixel in the order, [n]. */
export function tallyOf({ flips, pixel }: Attribution, places: Uint32Array): Tally {
  const tally = { earlier: 0, withoutEffect: 0, later: 0, laterWithEffect: 0 };
  flips.forEach((flip, i) => {
    if (places[i] < places[pixel]) {
      tally.earlier++;
      if (flip === 0) tally.withoutEffect++;
    } else {
      if (i !== pixel) tally.later++;
      if (flip !== 0) tally.laterWithEffect++;
    }
  });
  return tally;
}
