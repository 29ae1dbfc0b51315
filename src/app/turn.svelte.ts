/** A mutex: the engine trains one model at a time. */
export class Turn {
  #last: Promise<void> = Promise.resolve();

  /** Resolves, in the order of the calls, with the function that ends the turn. */
  async take(): Promise<() => void> {
    const before = this.#last;
    let end: () => void = () => undefined;
    this.#last = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    return end;
  }
}
