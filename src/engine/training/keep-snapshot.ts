import type { Tensors } from '../../models/model.ts';
import type { Labelled } from '../backends/score.ts';
import { hasFiniteWeights } from './divergence.ts';
import type { Run } from './run.ts';
import { estimateOf } from './summary.ts';

interface Weights {
  readonly step: number;
  /** The weights that are shown. */
  readonly tensors: () => Promise<Tensors>;
  /** Mean -log p in nats of all held-back images under them; null where it is not known. */
  readonly nats: number | null;
  /** log p in nats of images under them, [count]. */
  readonly score: (images: Labelled) => Promise<Float64Array>;
  /** Whether the run ends with them. */
  readonly end: boolean;
}

/** Keeps the weights of a step where that is due, and some of the held-back images' -log p where it is not known of all. */
export async function keepSnapshot(run: Run, { step, tensors, nats, score, end }: Weights): Promise<void> {
  const { progress, validation, someHeldBack } = run;
  const { snapshots, control } = run.hooks;
  if (!snapshots?.due(step, end) || progress.diverged !== null) return;
  const kept = await tensors();
  if (!hasFiniteWeights(kept)) return;
  const known = nats === null || !validation ? null : { nats, images: validation.images.count };
  // A run that is stopped does not wait for this.
  const measured = known ?? (someHeldBack && !control.stopped ? estimateOf(await score(someHeldBack)) : null);
  snapshots.add({ step, tensors: kept, nats: measured?.nats ?? null, images: measured?.images ?? 0 });
}
