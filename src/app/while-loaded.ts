import type { Result } from '../data/result.ts';
import type { Engine } from '../engine/api.ts';
import type { Model } from '../models/types.ts';

/**
 * Loads a model under a name of the engine for as long as `work` takes. It is unloaded on every path: success,
 * failure and rejection.
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

/** Unloads a model; an engine that has ended holds none, and that is no failure. */
export async function unloadQuietly(engine: Engine, name: string): Promise<void> {
  try {
    await engine.unload(name);
  } catch {
    // What made the engine end is announced elsewhere.
  }
}
