import type { RunRecord } from '../store/records.ts';

/** The locks that browsers offer on secure origins; without them every run counts as this tab's. */
function lockManager(): LockManager | undefined {
  return (navigator as Partial<Navigator>).locks;
}

function lockOf(runId: string): string {
  return `inkling-run-${runId}`;
}

/** Holds the run's lock while `work` goes on, so that other tabs see that it is alive. */
export async function holdingRun<T>(runId: string, work: () => Promise<T>): Promise<T> {
  const locks = lockManager();
  if (!locks) return await work();
  let result: { value: T } | undefined;
  await locks.request(lockOf(runId), async () => {
    result = { value: await work() };
  });
  if (!result) throw new Error('run: its lock was lost');
  return result.value;
}

/** The newest unfinished run that no open tab is working on, and those that left nothing to go on from. */
export async function sortRuns(
  runs: readonly RunRecord[],
): Promise<{ offered: RunRecord | null; empty: readonly RunRecord[] }> {
  const held = (await lockManager()?.query())?.held ?? [];
  const alive = new Set(held.map((lock) => lock.name));
  const left = runs.filter((run) => !alive.has(lockOf(run.id)));
  return {
    offered: left.filter((run) => run.checkpoint).sort((a, b) => b.updatedAt - a.updatedAt)[0] ?? null,
    empty: left.filter((run) => !run.checkpoint),
  };
}
