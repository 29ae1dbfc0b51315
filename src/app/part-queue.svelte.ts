/**
 * Makes the parts of a page one after the other, each in a task of its own: the browser paints and answers the visitor between
 * them. In the order in which they were asked for.
 */
export class PartQueue {
  /** Whether nothing waits any more, and never will: for printing, or to measure where in the page something is. */
  whole = $state(false);
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Calls `make` in a later task, at once where the page is whole already. Returns how to take that back. */
  add(make: () => void): () => void {
    if (this.whole) {
      make();
      return () => undefined;
    }
    const part = (): void => make();
    this.#waiting.push(part);
    this.#timer ??= setTimeout(() => this.#makeNext());
    return () => {
      this.#waiting = this.#waiting.filter((each) => each !== part);
    };
  }

  /** Makes all parts now. */
  finish(): void {
    this.whole = true;
    const waiting = this.#waiting;
    this.clear();
    for (const make of waiting) make();
  }

  /** For a page that goes away. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #makeNext(): void {
    const make = this.#waiting.shift();
    this.#timer = this.#waiting.length > 0 ? setTimeout(() => this.#makeNext()) : undefined;
    make?.();
  }
}
