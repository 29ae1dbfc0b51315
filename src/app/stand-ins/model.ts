import type { GreyImages, Grid } from '../../data/images.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import type { ModelRecord } from '../../store/records.ts';
import type { Choice } from '../compare/choice.ts';
import { describeModel, recordOf, STARTER } from '../compare/counted-models.ts';
import { fitJob } from '../hidden-units/fit.ts';
import type { StandInChoice } from '../questions/ports.ts';
import { trainInTurn, type Turn } from '../turn.ts';

interface Ports {
  readonly engine: Engine;
  readonly turn: Turn;
  readonly starter: () => Promise<GreyImages | null>;
  readonly experiment: () => { readonly grid: Grid; readonly binarisation: Binarisation };
  readonly modelOf: (choice: Choice) => Promise<Result<ModelRecord>>;
}

/** The model of a stand-in, which is not stored. Fails with the reason; rejects once aborted. */
export async function standInModel(
  choice: StandInChoice,
  { engine, turn, starter, experiment, modelOf }: Ports,
  signal: AbortSignal,
): Promise<Result<ModelRecord>> {
  if (choice.kind !== 'fitted') return await modelOf(choice);
  const digits = await starter();
  if (!digits) return fail('The starter digits are not here: reload to try again.');
  const { grid, binarisation } = experiment();
  const job = fitJob(choice.spec, digits, grid, binarisation);
  const outcome = await trainInTurn({ engine, turn }, job, signal);
  if (!outcome.ok) return outcome;
  const { family, hyper } = outcome.value.model;
  const name = describeModel(family, hyper, grid);
  const dataset = { ...STARTER, images: digits.count };
  return ok(recordOf(job, outcome.value, { id: `fitted ${name}`, name, dataset, createdAt: Date.now() }));
}
