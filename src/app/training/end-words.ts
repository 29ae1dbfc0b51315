import type { TrainOutcome } from '../../engine/api.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import { fixed } from '../format.ts';

/** How a run ended before its last pass: "converged after 15 of at most 60 iterations"; empty where it took them all. */
export function endWords(
  { training }: Pick<FamilySpec, 'training'>,
  ended: TrainOutcome['ended'],
  passes: number,
  planned: number,
): string {
  if (passes >= planned) return '';
  if (ended === 'stopped')
    return `stopped after ${fixed(passes, Number.isInteger(passes) ? 0 : 2)} of ${planned} ${training === 'em' ? 'iterations' : 'epochs'}`;
  // EM alone ends by itself: where nothing is gained any more, often long before its bar is full.
  return training === 'em' ? `converged after ${fixed(passes, 0)} of at most ${planned} iterations` : '';
}
