import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import type { GreyImages } from '../../data/images.ts';

/** The digits that the figures of a chapter count, fetched when the first of them is shown. */
export class StarterDigits {
  /** Null until they are there. */
  grey = $state.raw<GreyImages | null>(null);
  /** Why they could not be fetched; empty otherwise. */
  failure = $state('');
  readonly tools: ChapterTools;
  #underWay = false;

  constructor(tools: ChapterTools) {
    this.tools = tools;
  }

  /** Fetches them, once; again after a failure. */
  async load(): Promise<void> {
    if (this.grey || this.#underWay) return;
    this.#underWay = true;
    this.failure = '';
    const digits = await this.tools.digits('starter');
    this.#underWay = false;
    if (digits.ok) this.grey = digits.value;
    else this.failure = digits.reason;
  }
}
