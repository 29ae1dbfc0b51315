/** A share of the time: what is begun before its end is finished. */
export class Budget {
  readonly #end: number;

  constructor(seconds: number) {
    this.#end = performance.now() + seconds * 1000;
  }

  /** Seconds, 0 where it is over. */
  get left(): number {
    return Math.max(0, (this.#end - performance.now()) / 1000);
  }

  isOver(): boolean {
    return this.left === 0;
  }

  /** `share` of what is left, 0 to 1. */
  part(share: number): Budget {
    return new Budget(this.left * share);
  }
}
