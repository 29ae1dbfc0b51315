/**
 * A condition variable: promises that wait until something holds. What they wait for is looked at again whenever it may have changed; after
 * a failure all of them reject.
 */
export class Condition {
  #failure: Error | null = null;
  readonly #waiting: { holds: () => boolean; resolve: () => void; reject: (error: Error) => void }[] = [];

  /** The first failure; null while there is none. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Resolves when `holds()` is true; rejects with the failure. */
  until(holds: () => boolean): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ holds, resolve, reject }));
  }

  /** Looks again at what every promise waits for. */
  changed(): void {
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.holds()) waiting.resolve();
      else this.#waiting.push(waiting);
    }
  }

  /** Rejects all promises of now and later. A second failure changes nothing. */
  fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
