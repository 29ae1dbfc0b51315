/**
 * Runs one job at a time and remembers only the newest input that came meanwhile: an old answer never overwrites a
 * newer one, and a fast hand never queues up work.
 */
export class Latest<Input> {
  #waiting: { input: Input } | null = null;
  #running = false;
  readonly #job: (input: Input) => Promise<void>;

  /** `job` handles its own failures: it must not reject. */
  constructor(job: (input: Input) => Promise<void>) {
    this.#job = job;
  }

  ask(input: Input): void {
    this.#waiting = { input };
    if (!this.#running) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#running = true;
    while (this.#waiting) {
      const { input } = this.#waiting;
      this.#waiting = null;
      await this.#job(input);
    }
    this.#running = false;
  }
}
