import type { Dispatch } from './kernel.ts';

/**
 * Costs of kernels, estimated from how long the device computed for submits (see `Clock`): milliseconds per unit, a unit being one workgroup times the `work` of
 * its dispatch. Older measurements decay; large ones have more weight than small ones, so that a kernel which ran once on
 * a single image is not estimated as slow on a thousand.
 */
export class Costs {
  readonly #seen = new Map<string, { milliseconds: number; units: number; largest: number }>();

  /** Milliseconds per unit; null before the first measurement. */
  of(kernel: string): number | null {
    const seen = this.#seen.get(kernel);
    return seen ? seen.milliseconds / seen.units : null;
  }

  /** Most units that ran in one submit so far. */
  largest(kernel: string): number {
    return this.#seen.get(kernel)?.largest ?? 0;
  }

  /** Splits the time of one submit over the kernels in it, in proportion to their expected costs. */
  learn(units: ReadonlyMap<string, number>, milliseconds: number): void {
    // Timers are coarse: no submit counts as free.
    const measured = Math.max(milliseconds, 0.02);
    let expected = 0;
    for (const [kernel, count] of units) expected += (this.of(kernel) ?? 1) * count;
    for (const [kernel, count] of units) {
      const share = (measured * (this.of(kernel) ?? 1) * count) / expected;
      const seen = this.#seen.get(kernel);
      this.#seen.set(kernel, {
        milliseconds: (seen?.milliseconds ?? 0) * FADE + share,
        units: (seen?.units ?? 0) * FADE + count,
        largest: Math.max(seen?.largest ?? 0, count),
      });
    }
  }
}

const FADE = 0.93;

/** Units of one workgroup along x: see `Costs`. */
export function unitsPerColumn(dispatch: Dispatch): number {
  const [, y = 1, z = 1] = dispatch.workgroups;
  return y * z * dispatch.work;
}
