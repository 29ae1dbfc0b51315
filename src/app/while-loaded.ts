import type { Result } from '../data/result.ts';
import type { Engine } from '../engine/api.ts';
import type { Model } from '../models/model.ts';

/**
 * Loads a model under a name of the engine while `work` runs. It is unloaded after success, failure and rejection.
 */
export async function whileLoaded<T>(
  engine: Engine,
  name: string,
  { family, grid, hyper, tensors }: Model,
  work: () => Promise<Result<T>>,
): Promise<Result<T>> {
  try {
    const loaded = await engine.load(name, { family, grid, hyper, tensors });
    return loaded.ok ? await work() : loaded;
  } finally {
    await unloadQuietly(engine, name);
  }
}

/** Unloads a model. An engine that has ended holds none: no failure. */
export async function unloadQuietly(engine: Engine, name: string): Promise<void> {
  try {
    await engine.unload(name);
  } catch {
    // The session announces the end of the engine.
  }
}
