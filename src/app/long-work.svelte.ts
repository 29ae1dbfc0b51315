import { newId } from './new-id.ts';
import { holdingRun } from './run-locks.ts';

/** Work of this page that takes several turns of the engine: a reload would end it. It holds a lock between the turns too. */
export class LongWork {
  #count = $state(0);

  get busy(): boolean {
    return this.#count > 0;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#count++;
    try {
      return await holdingRun(newId(), work);
    } finally {
      this.#count--;
    }
  }
}
