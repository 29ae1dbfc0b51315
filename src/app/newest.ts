import { wordsOf } from '../data/error-words.ts';

/** Work of which only the newest counts: beginning some aborts the one before. */
export class Newest {
  #controller: AbortController | null = null;

  /** The signal of work that begins now. */
  begin(): AbortSignal {
    this.abort();
    this.#controller = new AbortController();
    return this.#controller.signal;
  }

  abort(): void {
    this.#controller?.abort();
    this.#controller = null;
  }

  /**
   * Begins `work`. What it throws goes to `onFailure` in words, unless it was aborted: then no one waits for it. Resolves with whether
   * it ended without either.
   */
  async run(
    work: (signal: AbortSignal) => Promise<void>,
    onFailure: (reason: string) => void,
  ): Promise<boolean> {
    const signal = this.begin();
    try {
      await work(signal);
      return !signal.aborted;
    } catch (error) {
      if (!signal.aborted) onFailure(wordsOf(error));
      return false;
    }
  }
}
