/** One question at a time: beginning the next, or cancelling, ends the one before. */
export class Single {
  #serial = 0;

  /** Tells, until the next beginning, that the question is still wanted. */
  begin(): () => boolean {
    const serial = ++this.#serial;
    return () => serial === this.#serial;
  }

  cancel(): void {
    this.#serial++;
  }
}
