/**
 * Runs one job at a time and stores only the newest input submitted meanwhile: an older result never overwrites a newer
 * one, and no queue builds up. A job that rejects does not stop the next one.
 */
export class Latest<Input> {
  #waiting: { input: Input } | null = null;
  #running = false;
  readonly #job: (input: Input) => Promise<void>;
  readonly #onFailure: (error: unknown) => void;

  /**
   * `onFailure` is called for a job that rejected or threw. Without it the error is thrown in a task of its own, where
   * the page and its tests report it as an uncaught error.
   */
  constructor(job: (input: Input) => Promise<void>, onFailure: (error: unknown) => void = throwLater) {
    this.#job = job;
    this.#onFailure = onFailure;
  }

  submit(input: Input): void {
    this.#waiting = { input };
    if (!this.#running) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#running = true;
    while (this.#waiting) {
      const { input } = this.#waiting;
      this.#waiting = null;
      try {
        await this.#job(input);
      } catch (error) {
        this.#onFailure(error);
      }
    }
    this.#running = false;
  }
}

function throwLater(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
