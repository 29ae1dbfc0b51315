/**
 * Makes the parts of a page one after the other, each in a task of its own: the browser paints and answers the visitor between
 * them. In the order in which they were asked for.
 */
export class PartQueue {
  /** Whether nothing waits any more, and never will: for printing, or to measure where in the page something is. */
  whole = $state(false);
  readonly #waiting = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Calls `make` in a later task, at once where the page is whole already. Returns how to take that back. */
  add(make: () => void): () => void {
    if (this.whole) {
      make();
      return () => undefined;
    }
    const part = (): void => make();
    this.#waiting.add(part);
    this.#timer ??= setTimeout(() => this.#makeNext());
    return () => void this.#waiting.delete(part);
  }

  /** Makes all parts now. */
  finish(): void {
    this.whole = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const make of this.#waiting) make();
    this.#waiting.clear();
  }

  /** For a page that goes away. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #makeNext(): void {
    this.#timer = undefined;
    const [make] = this.#waiting;
    if (!make) return;
    this.#waiting.delete(make);
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#makeNext());
    make();
  }
}
