import type { GreyImages, Grid } from '../../data/images.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import type { ModelRecord } from '../../store/records.ts';
import type { Choice } from '../compare/choice.ts';
import { describeModel, recordOf, STARTER } from '../compare/counted-models.ts';
import { fitJob } from '../hidden-units/fit.ts';
import { isShippedKept } from '../compare/fetch-shipped.ts';
import { findShipped } from '../compare/shipped-models.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { StandInChoice, StandInModel } from '../questions/ports.ts';
import { trainInTurn, type Turn } from '../turn.ts';

interface Ports {
  readonly engine: Engine;
  readonly turn: Turn;
  readonly starter: () => Promise<GreyImages | null>;
  readonly experiment: () => { readonly grid: Grid; readonly binarisation: Binarisation };
  readonly modelOf: (choice: Choice) => Promise<Result<ModelRecord>>;
}

/**
 * The first of the models that is here, or can be fetched, counted or fitted; it is not stored. Without a network none is asked for that the
 * browser does not keep. Fails with the reason of the last one; rejects once aborted.
 */
export async function standInModel(
  choices: readonly StandInChoice[],
  ports: Ports,
  signal: AbortSignal,
): Promise<Result<StandInModel>> {
  let failure = 'No model that comes with Inkling answers this on this grid.';
  for (const choice of choices) {
    if (!(await isWithinReach(choice))) {
      failure = 'The model that answers this is not here, and there is no network to fetch it.';
      continue;
    }
    const model =
      choice.kind === 'fitted' ? await fit(choice.spec, ports, signal) : await ports.modelOf(choice);
    signal.throwIfAborted();
    if (model.ok) return ok({ choice, model: model.value });
    failure = model.reason;
  }
  return fail(failure);
}

async function isWithinReach(choice: StandInChoice): Promise<boolean> {
  if (choice.kind !== 'shipped' || navigator.onLine) return true;
  const shipped = findShipped(choice.name);
  return shipped !== undefined && (await isShippedKept(shipped));
}

async function fit(
  spec: FamilySpec,
  { engine, turn, starter, experiment }: Ports,
  signal: AbortSignal,
): Promise<Result<ModelRecord>> {
  const digits = await starter();
  if (!digits) return fail('The starter digits are not here: reload to try again.');
  const { grid, binarisation } = experiment();
  const job = fitJob(spec, digits, grid, binarisation);
  const outcome = await trainInTurn({ engine, turn }, job, signal);
  if (!outcome.ok) return outcome;
  const { family, hyper } = outcome.value.model;
  const name = describeModel(family, hyper, grid);
  const dataset = { ...STARTER, images: digits.count };
  return ok(recordOf(job, outcome.value, { id: `fitted ${name}`, name, dataset, createdAt: Date.now() }));
}
