import { LongWork } from './long-work.svelte.ts';
import { newId } from './new-id.ts';
import { holdingRun } from './run-locks.ts';

/** A mutex: the engine trains one model at a time. A turn holds a lock, for which a new version waits in every tab. */
export class Turn {
  readonly longWork = new LongWork();
  #last: Promise<void> = Promise.resolve();

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
}
