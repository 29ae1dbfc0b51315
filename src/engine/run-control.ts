/** Pause, resume and stop of one run. The loop asks at its gates; nothing is ever interrupted mid-step. */
export class RunControl {
  #stopped = false;
  #release: (() => void) | null = null;
  #paused: Promise<void> | null = null;

  get stopped(): boolean {
    return this.#stopped;
  }

  get paused(): boolean {
    return this.#paused !== null;
  }

  pause(): void {
    if (this.#stopped || this.#paused !== null) return;
    this.#paused = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  resume(): void {
    this.#release?.();
    this.#release = null;
    this.#paused = null;
  }

  /** A paused run is let go, so that it can end. */
  stop(): void {
    this.#stopped = true;
    this.resume();
  }

  /** Resolves when the run may go on; at once unless it is paused. */
  async gate(): Promise<void> {
    await this.#paused;
  }
}
