import type { Result } from '../data/result.ts';
import { ok } from '../data/result.ts';
import type { Backend } from '../engine/backends/backend.ts';
import { LoadedModels } from '../engine/queries/loaded-models.ts';
import type { Model } from '../models/model.ts';

/** The name under which a command's model is loaded. */
export const MODEL_NAME = 'model';

/** Loads a model for the engine's queries. A lost backend is not replaced: the command then fails. */
export function loadForQueries(backend: Backend, model: Model): Result<LoadedModels> {
  let lost: string | null = null;
  void backend.lost.then((reason) => (lost = reason));
  const now = () => {
    if (lost !== null) throw new Error(lost);
    return backend;
  };
  const models = new LoadedModels({ now });
  const loaded = models.load(MODEL_NAME, model);
  return loaded.ok ? ok(models) : loaded;
}
