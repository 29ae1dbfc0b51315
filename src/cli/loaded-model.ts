import type { Result } from '../data/result.ts';
import { ok } from '../data/result.ts';
import type { Backend } from '../engine/backends/backend.ts';
import { LoadedModels } from '../engine/queries/loaded-models.ts';
import type { Model } from '../models/types.ts';

/** The name that a command's model goes by at the engine's desks. */
export const ASKED = 'model';

/** A model as the engine's desks want it, on a backend that nobody replaces: where it is lost, the command ends. */
export function loadForQueries(backend: Backend, model: Model): Result<LoadedModels> {
  let lost: string | null = null;
  void backend.lost.then((reason) => (lost = reason));
  const now = () => {
    if (lost !== null) throw new Error(lost);
    return backend;
  };
  const models = new LoadedModels({ now }, () => new Promise((resolve) => setImmediate(resolve)));
  const loaded = models.load(ASKED, model);
  return loaded.ok ? ok(models) : loaded;
}
