/** Time that only the test, or fake work, lets pass; sleepers wake when it is theirs. */
export class FakeClock {
  #now = 0;
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  now = (): number => this.#now;

  sleep = (milliseconds: number): Promise<void> =>
    new Promise((wake) => {
      this.#sleepers.add({ until: this.#now + milliseconds, wake });
      this.pass(0);
    });

  turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  pass(milliseconds: number): void {
    this.#now += milliseconds;
    for (const sleeper of [...this.#sleepers])
      if (sleeper.until <= this.#now) {
        this.#sleepers.delete(sleeper);
        sleeper.wake();
      }
  }
}
