import type { Tensors } from '../../models/model.ts';
import type { Snapshot } from '../api.ts';

/** Of one run, the initial weights and the last ones included. */
export const MAX_SNAPSHOTS = 16;
/** What the weights of a run's snapshots may take together. Where two are larger than that, the first and the last are kept all the same. */
export const MAX_SNAPSHOT_BYTES = 64 * 2 ** 20;

interface Kept extends Snapshot {
  readonly tensors: Tensors;
}

/**
 * Weights from along a run, to be looked at again while it goes on and afterwards: those before the first step, those at the end, and
 * between them, evenly on the logarithm of the step, as many as there is room for. Early training changes most and has most of them.
 */
export class Snapshots {
  readonly #onChange: (snapshots: readonly Snapshot[]) => void;
  #kept: readonly Kept[] = [];
  /** From a snapshot to the next one, step + 1 grows by this factor at least. */
  #factor = 1;

  constructor(onChange: (snapshots: readonly Snapshot[]) => void) {
    this.#onChange = onChange;
  }

  /** Sets the length of the run, and of which size its weights are. */
  plan(steps: number, tensors: Tensors): void {
    const bytes = Object.values(tensors).reduce((sum, { byteLength }) => sum + byteLength, 0);
    const room = Math.min(MAX_SNAPSHOTS, Math.max(2, Math.floor(MAX_SNAPSHOT_BYTES / bytes)));
    // The last one is at step + 1 = factor^(room - 1), whatever lies between.
    this.#factor = (steps + 1) ** (1 / (room - 1));
  }

  /** Drops what was taken after a step, from where the run goes on: it takes them again. */
  rewind(step: number): void {
    const before = this.#kept.filter((each) => each.step <= step);
    if (before.length < this.#kept.length) this.#set(before);
  }

  /** Whether the weights after `step` are to be kept; `end`: no others follow. */
  due(step: number, end: boolean): boolean {
    const last = this.#kept.at(-1);
    if (!last) return true;
    return step > last.step && (end || step + 1 >= this.#factor * (last.step + 1));
  }

  add(snapshot: Kept): void {
    this.#set([...this.#kept, snapshot]);
  }

  /** Of the snapshot after `step`; undefined where there is none. */
  tensors(step: number): Tensors | undefined {
    return this.#kept.find((each) => each.step === step)?.tensors;
  }

  #set(kept: readonly Kept[]): void {
    this.#kept = kept;
    this.#onChange(kept.map(({ step, nats, images }) => ({ step, nats, images })));
  }
}
