import { unitsPerColumn, type Costs } from './costs.ts';
import { isSplittable, type Dispatch } from './kernel.ts';
import type { Recorder } from './recorder.ts';
import type { WorkQueue } from './work-queue.ts';

/**
 * Target duration of one submit: low enough that one which takes four times as long as expected (a busy machine, a workgroup far above the
 * average) still stays below 50 ms, and that drawing stays smooth. Measured on the software adapter over FVSBN scoring and
 * training: p50 8, p99 46, longest 81 ms; with a target of 20 it was 18, 71 and 99, at the same throughput.
 */
export const TARGET_MS = 10;
/** A kernel's grid grows at most by this factor from one submit to the next, because timers are inaccurate. */
const GROWTH = 8;

/** What one submit runs. */
export interface Packed {
  /** Units of every kernel, by its label: see `Costs`. */
  readonly units: Map<string, number>;
  dispatches: number;
  /** Whether all grids are known, so that its duration says what they cost. */
  known: boolean;
  /** Whether it holds a kernel that was never measured. */
  unmeasured: boolean;
}

/**
 * How much work goes into a submit: as much as takes about `TARGET_MS` by the costs of the kernels. Kernels not yet measured run
 * alone, small grids first; large grids are split along x where the kernel allows it.
 */
export class Packing {
  constructor(
    private readonly costs: Costs,
    /** Most workgroups of one dispatch along x. */
    private readonly mostWorkgroups: number,
  ) {}

  /** Whether each of the dispatches is known to fit into a submit without being split. */
  fits(dispatches: readonly Dispatch[]): boolean {
    return dispatches.every((work) => {
      const { label } = work.kernel;
      const units = work.workgroups[0] * unitsPerColumn(work);
      const cost = this.costs.of(label);
      return cost !== null && cost * units <= TARGET_MS && units <= GROWTH * this.costs.largest(label);
    });
  }

  /** Whether the work that waits is expected to fill a submit; a kernel never measured counts as a whole one. */
  fillsSubmit(queue: WorkQueue): boolean {
    let sum = 0;
    for (const { work, done } of queue) {
      if (work.kind !== 'dispatch') continue;
      const cost = this.costs.of(work.kernel.label);
      sum += cost === null ? TARGET_MS : cost * (work.workgroups[0] - done) * unitsPerColumn(work);
      if (sum >= TARGET_MS) return true;
    }
    return false;
  }

  /** Whether the first piece, which must be there, is a dispatch of a kernel that was never measured. */
  startsUnmeasured(queue: WorkQueue): boolean {
    const { work } = queue.first;
    return work.kind === 'dispatch' && this.costs.of(work.kernel.label) === null;
  }

  /** Moves work from the queue into one submit while it fits. */
  pack(queue: WorkQueue, recorder: Recorder): Packed {
    const packed: Packed = { units: new Map(), dispatches: 0, known: true, unmeasured: false };
    const { units } = packed;
    let expected = 0;
    while (!queue.isEmpty) {
      const next = queue.first;
      const { work } = next;
      if (!recorder.hasRoom(work)) break;
      if (work.kind !== 'dispatch') {
        if (work.kind === 'upload') recorder.upload(work);
        else recorder.copy(work);
        queue.shift();
        continue;
      }
      const cost = this.costs.of(work.kernel.label);
      if (cost === null && units.size > 0) break;
      const taken = units.get(work.kernel.label) ?? 0;
      const remaining = work.workgroups[0] - next.done;
      const fits = this.#columnsThatFit(work, remaining, cost, TARGET_MS - expected, taken);
      // A single workgroup, or a grid that cannot be split, may cost more than the target: it is submitted alone.
      if (fits < 1 && units.size > 0) break;
      const columns = isSplittable(work) ? Math.max(1, fits) : remaining;
      recorder.dispatch(work, next.done, columns);
      if (work.indirect) packed.known = false;
      packed.dispatches++;
      work.kernel.dispatches++;
      next.done += columns;
      const added = columns * unitsPerColumn(work);
      units.set(work.kernel.label, taken + added);
      if (next.done >= work.workgroups[0]) queue.shift();
      if (cost === null) {
        packed.unmeasured = true;
        break;
      }
      expected += cost * added;
    }
    return packed;
  }

  /** Number of workgroups along x of `remaining` that fit into `room` milliseconds; all or none where the grid cannot be split. */
  #columnsThatFit(
    work: Dispatch,
    remaining: number,
    cost: number | null,
    room: number,
    taken: number,
  ): number {
    const perColumn = unitsPerColumn(work);
    if (cost === null) return isSplittable(work) ? 1 : remaining;
    const affordable = Math.floor(room / (cost * perColumn));
    if (!isSplittable(work)) return remaining <= affordable ? remaining : 0;
    const growth = Math.floor(
      Math.max(0, GROWTH * this.costs.largest(work.kernel.label) - taken) / perColumn,
    );
    return Math.min(remaining, affordable, growth, this.mostWorkgroups);
  }
}
