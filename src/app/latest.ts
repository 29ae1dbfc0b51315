import { Newest } from './newest.ts';

/**
 * Runs one job at a time and stores only the newest input submitted meanwhile: an older result never overwrites a newer
 * one, and no queue builds up. A job that rejects does not stop the next one.
 */
export class Latest<Input> {
  #waiting: { input: Input } | null = null;
  /** When the running job began, by performance.now(); null where none runs. */
  #since: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #running = new Newest();
  readonly #job: (input: Input, signal: AbortSignal) => Promise<void>;
  readonly #onFailure: (error: unknown) => void;

  /**
   * `onFailure` is called for a job that rejected or threw, unless it was aborted. Without it the error is thrown in a task of
   * its own, where the page and its tests report it as an uncaught error.
   */
  constructor(
    job: (input: Input, signal: AbortSignal) => Promise<void>,
    onFailure: (error: unknown) => void = throwLater,
  ) {
    this.#job = job;
    this.#onFailure = onFailure;
  }

  /** A job that runs now is aborted once it has run for `patience` milliseconds, so that a quick answer is not lost. */
  submit(input: Input, patience = Infinity): void {
    this.#waiting = { input };
    if (this.#since === null) {
      void this.#drain();
      return;
    }
    clearTimeout(this.#timer);
    const left = this.#since + patience - performance.now();
    if (left <= 0) this.#running.abort();
    else if (left < Infinity) this.#timer = setTimeout(() => this.#running.abort(), left);
  }

  /** Aborts the running job and drops the waiting input. */
  abort(): void {
    this.#waiting = null;
    this.#running.abort();
  }

  async #drain(): Promise<void> {
    while (this.#waiting) {
      const { input } = this.#waiting;
      this.#waiting = null;
      this.#since = performance.now();
      const signal = this.#running.begin();
      try {
        await this.#job(input, signal);
      } catch (error) {
        if (!signal.aborted) this.#onFailure(error);
      }
      clearTimeout(this.#timer);
    }
    this.#since = null;
  }
}

function throwLater(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
