/**
 * Runs one job at a time and remembers only the newest input that came meanwhile: an old answer never overwrites a
 * newer one, and a fast hand never queues up work. A job that rejects does not stop the next one.
 */
export class Latest<Input> {
  #waiting: { input: Input } | null = null;
  #running = false;
  readonly #job: (input: Input) => Promise<void>;
  readonly #onFailure: (error: unknown) => void;

  /**
   * `onFailure` hears of a job that rejected or threw. Without it the error is thrown again in a task of its own, where
   * the page and its tests hear of it as of every other bug.
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
