import { fail, type Result } from '../../data/result.ts';
import type { Checkpoint, TrainEvent } from '../api.ts';

/** Where the checkpoints of runs are kept between visits. */
export interface CheckpointStore {
  /** Adds the checkpoint to the record of its run; fails, with the remedy, where it cannot be stored. */
  write(checkpoint: Checkpoint): Promise<Result<null>>;
  /** Fails where the run has none. */
  read(runId: string): Promise<Result<Checkpoint>>;
}

/** Writes the checkpoints of one run while it goes on: one at a time, and of those that wait only the newest. */
export class CheckpointWriter {
  readonly #store: CheckpointStore;
  readonly #onEvent: (event: TrainEvent) => void;
  #waiting: Checkpoint | null = null;
  #writing: Promise<void> | null = null;
  latest: Checkpoint | null = null;

  constructor(store: CheckpointStore, onEvent: (event: TrainEvent) => void) {
    this.#store = store;
    this.#onEvent = onEvent;
  }

  write(checkpoint: Checkpoint): void {
    const { step, seconds } = checkpoint;
    this.latest = this.#waiting = checkpoint;
    this.#onEvent({ type: 'checkpoint', step, seconds });
    this.#writing ??= this.#writeWaiting();
  }

  /** Resolves once nothing is being written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #writeWaiting(): Promise<void> {
    for (let next = this.#waiting; next; next = this.#waiting) {
      this.#waiting = null;
      const { step } = next;
      const stored = await this.#store.write(next).catch((error: unknown) => fail(String(error)));
      this.#onEvent({ type: 'stored', step, stored });
    }
    this.#writing = null;
  }
}
