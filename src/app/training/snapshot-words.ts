import type { Snapshot } from '../../engine/api.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import { count, fixed, plural } from '../format.ts';

/** How long a run is. */
export interface RunLength {
  readonly training: FamilySpec['training'];
  readonly steps: number;
  readonly epochs: number;
}

/** "after 120 of 3,200 steps", "before the first of 30 iterations": where in the run that is. */
export function placeWords(step: number, { training, steps, epochs }: RunLength): string {
  const [done, all, unit] =
    training === 'em' ? [(step * epochs) / steps, epochs, 'iteration'] : [step, steps, 'step'];
  if (done === 0) return `before the first of ${plural(all, unit)}`;
  return `after ${count(done)} of ${plural(all, unit)}`;
}

/** "−log p(x) 134.2 nats"; empty where it is not known. */
export function lossWords({ nats }: Pick<Snapshot, 'nats'>, loss: string): string {
  return nats === null ? '' : `${loss} ${fixed(nats, 1)} nats`;
}
