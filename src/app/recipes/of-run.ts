import type { TrainOutcome } from '../../engine/api.ts';
import type { RunRecipe } from '../../models/runs.ts';
import type { RunRecord } from '../../store/records.ts';
import { arithmeticOf } from './fingerprint.ts';
import { RECIPE_VERSION } from './recipe.ts';

/** What the record of a run's model says of how to make it again: nothing after a run that was stopped, at a step that no recipe names. */
export function recipeOfRun(
  { epochs, batchSize, learningRate }: RunRecord['request'],
  { ended, backend, description = '', shards }: TrainOutcome,
  content: string,
): { readonly recipe?: RunRecipe } {
  if (ended === 'stopped') return {};
  const arithmetic = arithmeticOf(backend, description);
  const steps = { epochs, batchSize, learningRate, shards: shards ?? 1 };
  return { recipe: { version: RECIPE_VERSION, ...steps, arithmetic, content } };
}
