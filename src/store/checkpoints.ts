import { fail, ok, type Result } from '../data/result.ts';
import type { Checkpoint } from '../models/runs.ts';
import { openStore } from './db.ts';
import type { Store } from './store.ts';

/**
 * The checkpoints of stored runs, for the engine's worker. The store is opened at the first call, and again at the next one where
 * the browser did not open it: it may answer late.
 */
export function storedCheckpoints(open: () => Promise<Store> = openStore) {
  let opening: Promise<Store> | null = null;

  async function inStore<T>(work: (store: Store) => Promise<Result<T>>): Promise<Result<T>> {
    opening ??= open();
    const store = await opening;
    if (store.notKept === null) return await work(store);
    opening = null;
    return fail(store.notKept);
  }

  return {
    write: (checkpoint: Checkpoint) => inStore((store) => store.putCheckpoint(checkpoint.runId, checkpoint)),
    read: (runId: string) =>
      inStore(async (store): Promise<Result<Checkpoint>> => {
        const run = await store.run(runId);
        if (!run.ok) return run;
        return run.value?.checkpoint
          ? ok(run.value.checkpoint)
          : fail('run: its checkpoint is no longer there');
      }),
  };
}
