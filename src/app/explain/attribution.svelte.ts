import { wordsOf } from '../../data/error-words.ts';
import type { PackedImages } from '../../data/images.ts';
import type { Attribution } from '../../engine/queries/api.ts';
import type { AskedModel } from '../questions/questions.svelte.ts';
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
  /** Later pixels whose flip changes the logit: 0 in every model that keeps to its order. */
  readonly laterWithEffect: number;
}

/** The attribution of one pixel's conditional, kept up to date while the drawing, the pixel or the model changes. */
export class PixelAttribution {
  readonly #asked: AskedModel;
  /** Of the queried pixel; flips not yet reported for a newer drawing are those of the drawing before. */
  known = $state.raw<Attribution | null>(null);
  /** Pixels flipped so far for the drawing that was queried last. */
  flipped = $state(0);
  failure = $state('');
  #query: Query | null = null;
  #answered = $state.raw<Query | null>(null);
  readonly #latest = new Latest<Query>(
    (query, signal) => this.#answer(query, signal),
    // A dead worker is announced elsewhere too, with the way out.
    (error) => (this.failure = wordsOf(error)),
  );

  constructor(asked: AskedModel) {
    this.#asked = asked;
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
    this.#latest.submit(query, same ? MIN_QUERY_MS : 0);
  }

  /** The maps are not visible: ends a running query and clears the result. */
  stop(): void {
    if (!this.#query) return;
    this.#query = null;
    this.#answered = null;
    this.#clear();
    this.#latest.abort();
  }

  #clear(): void {
    this.known = null;
    this.flipped = 0;
    this.failure = '';
  }

  async #answer(query: Query, signal: AbortSignal): Promise<void> {
    const { name, image, pixel } = query;
    const { explain } = this.#asked.ports.engine;
    const show = (part: Attribution) => this.#show(query, part, signal);
    const answer = await explain.attribute(name, image, pixel, show, signal);
    if (answer.ok) show(answer.value);
    else if (!signal.aborted) this.failure = answer.reason;
  }

  #show(query: Query, part: Attribution, signal: AbortSignal): void {
    if (signal.aborted) return;
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
