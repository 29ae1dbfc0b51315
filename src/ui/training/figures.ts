import type { Engine } from '../../engine/api.ts';
import type { Output } from '../../app/results/output.ts';
import { snapshotsFilm } from '../../app/results/snapshot-film.ts';
import type { Training } from '../../app/training/training.svelte.ts';

/** A film of what model B draws along the run; null where the run has no snapshots, or its model draws nothing. */
export function runOutput(engine: Engine, training: Training): Output | null {
  const { snapshots, runSpec, trained } = training;
  const { run, stops } = snapshots;
  if (!run || stops.length === 0 || runSpec.task === 'classifier') return null;
  return {
    name: `inkling training ${runSpec.label}`,
    film: snapshotsFilm(engine, {
      runId: run.id,
      grid: run.request.grid,
      title: `${runSpec.label}, trained on ${run.dataset.name}: its samples`,
      stops: stops.map(({ step, nats }) => ({ step, nats, place: snapshots.placeOf(step) })),
      trained,
    }),
  };
}
