import type { PackedImages } from '../../data/images.ts';
import { type Attribution, SUPERSEDED } from '../../engine/queries/api.ts';
import type { Questions } from '../questions/questions.svelte.ts';
import { Latest } from '../latest.ts';

/** While somebody draws, a question is left so long before the next one ends it: time for the pixels nearby. */
const PATIENCE_MS = 300;

interface Question {
  readonly name: string;
  readonly image: PackedImages;
  readonly pixel: number;
}

/** How many pixels push a conditional, and how many do not. */
export interface Tally {
  readonly earlier: number;
  /** Earlier ones whose flip changes nothing, to the last bit. */
  readonly blind: number;
  readonly later: number;
  /** Later ones whose flip changes something: a single one would be a mistake of the model's code. */
  readonly wrong: number;
}

/** What pushed one pixel's conditional: kept up to date while the drawing, the pixel or the model changes. */
export class PixelAttribution {
  readonly #questions: Questions;
  /** Of the pixel asked for; what a newer drawing has not told yet is what the one before told. */
  known = $state.raw<Attribution | null>(null);
  /** Pixels flipped so far for the newest drawing that was begun with. */
  flipped = $state(0);
  failure = $state('');
  #question: Question | null = null;
  #answered = $state.raw<Question | null>(null);
  #since = 0;
  #running = false;
  #impatience: ReturnType<typeof setTimeout> | undefined;
  readonly #latest = new Latest<Question>((question) => this.#answer(question));

  constructor(questions: Questions) {
    this.#questions = questions;
  }

  /** Whether all of it is known of the question asked last. */
  get settled(): boolean {
    return this.known?.done === true && this.#answered !== null;
  }

  look(question: Question): void {
    const before = this.#question;
    const same = before?.name === question.name && before.pixel === question.pixel;
    if (same && before.image === question.image) return;
    this.#question = question;
    this.#answered = null;
    if (!same) this.#forget();
    if (this.#running) this.#endSoon(same ? PATIENCE_MS - (performance.now() - this.#since) : 0);
    this.#latest.submit(question);
  }

  /** Nobody looks: what is under way ends, and nothing is shown. */
  rest(): void {
    if (!this.#question) return;
    this.#question = null;
    this.#answered = null;
    this.#forget();
    if (this.#running) this.#endSoon(0);
  }

  #forget(): void {
    this.known = null;
    this.flipped = 0;
    this.failure = '';
  }

  #endSoon(milliseconds: number): void {
    clearTimeout(this.#impatience);
    this.#impatience = setTimeout(() => this.#end(), Math.max(0, milliseconds));
  }

  #end(): void {
    // A dead worker is announced elsewhere, with the way out.
    this.#questions.ports.engine.explain.cancel().catch(() => undefined);
  }

  async #answer(question: Question): Promise<void> {
    const { name, image, pixel } = question;
    if (!this.#isAsked(question)) return;
    this.#since = performance.now();
    this.#running = true;
    try {
      const { explain } = this.#questions.ports.engine;
      const answer = await explain.ask(name, image, pixel, (part) => this.#show(question, part));
      if (answer.ok) this.#show(question, answer.value);
      else if (answer.reason !== SUPERSEDED && this.#isAsked(question)) this.failure = answer.reason;
    } catch (error) {
      if (this.#isAsked(question)) this.failure = error instanceof Error ? error.message : String(error);
    }
    clearTimeout(this.#impatience);
    this.#running = false;
  }

  /** Of this pixel and model, be it of an older drawing. */
  #isAsked({ name, pixel }: Question): boolean {
    return this.#question?.name === name && this.#question.pixel === pixel;
  }

  #show(question: Question, part: Attribution): void {
    if (!this.#isAsked(question)) return;
    const before = this.known?.flips;
    const flips = before ? part.flips.map((flip, i) => (Number.isNaN(flip) ? before[i] : flip)) : part.flips;
    this.known = { ...part, flips };
    this.flipped = part.flips.reduce((sum, flip) => sum + Number(!Number.isNaN(flip)), 0);
    this.failure = '';
    if (part.done && question.image === this.#question?.image) this.#answered = question;
  }
}

/** `places` holds the place of every pixel in the order, [n]. */
export function tallyOf({ flips, pixel }: Attribution, places: Uint32Array): Tally {
  const tally = { earlier: 0, blind: 0, later: 0, wrong: 0 };
  flips.forEach((flip, i) => {
    if (places[i] < places[pixel]) {
      tally.earlier++;
      if (flip === 0) tally.blind++;
    } else {
      if (i !== pixel) tally.later++;
      if (flip !== 0) tally.wrong++;
    }
  });
  return tally;
}
