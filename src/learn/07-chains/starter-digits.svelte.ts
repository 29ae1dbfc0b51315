import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import type { GreyImages } from '../../data/images.ts';

/** The digits that the figures of the chapter count, fetched when the first of them is shown. */
export class StarterDigits {
  grey = $state.raw<GreyImages | null>(null);
  /** Why they could not be fetched; empty otherwise. */
  failed = $state('');
  readonly #tools: ChapterTools;

  constructor(tools: ChapterTools) {
    this.#tools = tools;
  }

  async load(): Promise<void> {
    if (this.grey) return;
    this.failed = '';
    const digits = await this.#tools.digits('starter');
    if (digits.ok) this.grey = digits.value;
    else this.failed = digits.reason;
  }
}
