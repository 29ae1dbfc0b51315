import { newId } from './new-id.ts';
import { holdingRun } from './run-locks.ts';

/**
 * A mutex: the engine trains one model at a time. Whatever trains in this page takes a turn, and so holds a lock for which the start
 * of a new version waits, in every tab.
 */
export class Turn {
  #last: Promise<void> = Promise.resolve();
  #long = $state(0);

  /** Whether work is under way that takes several turns. */
  get busy(): boolean {
    return this.#long > 0;
  }

  /** Resolves, in the order of the calls, with the function that ends the turn. */
  async take(): Promise<() => void> {
    const before = this.#last;
    let end: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#last = turn;
    void holdingRun(newId(), () => turn);
    await before;
    return end;
  }

  /** Holds the lock between the turns of `work` too. */
  async holding<T>(work: () => Promise<T>): Promise<T> {
    this.#long++;
    try {
      return await holdingRun(newId(), work);
    } finally {
      this.#long--;
    }
  }
}
