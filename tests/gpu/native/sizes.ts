import { completeHyper } from '../../../src/models/registry.ts';
import type { FamilySpec } from '../../../src/models/family-spec.ts';
import type { Hyper } from '../../../src/models/model.ts';
import type { Sizes } from './report.ts';

/** How large the pieces of work are that are measured. */
export interface WorkSizes {
  /** Images that are scored, counted or taken by EM in one call. */
  readonly score: number;
  /** Images drawn at a time, beside one alone. */
  readonly sample: number;
  /** Images of a step at most. */
  readonly batch: number;
  /** Steps timed together: their rate is measured, not the latency of one readback. */
  readonly steps: number;
}

export const WORK: Readonly<Record<Sizes, WorkSizes>> = {
  tiny: { score: 8, sample: 4, batch: 4, steps: 2 },
  small: { score: 64, sample: 16, batch: 16, steps: 1 },
  full: { score: 1000, sample: 64, batch: 1024, steps: 5 },
};

/** By how much the families' sizes (hidden units, blocks, components) are divided. */
const DIVISORS: Readonly<Record<Sizes, number>> = { tiny: 64, small: 8, full: 1 };

/** The family's defaults, of which a software adapter computes a small part. */
export function scaledHyper(spec: FamilySpec, sizes: Sizes): Hyper {
  const divisor = DIVISORS[sizes];
  const scaled = spec.hyperparameters
    .filter((p) => p.role === 'size')
    .map((p) => [p.name, Math.max(p.min, Math.ceil(p.default / divisor))] as const);
  return completeHyper(spec, Object.fromEntries(scaled));
}
