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

/** Resolves once no tab works on the run: at once where none does, or where there are no locks to tell. */
export async function letGo(runId: string): Promise<void> {
  await lockManager()?.request(lockOf(runId), { mode: 'shared' }, () => undefined);
}

/** Whether an open tab works on the run. */
export async function isHeld(runId: string): Promise<boolean> {
  const held = (await lockManager()?.query())?.held ?? [];
  return held.some((lock) => lock.name === lockOf(runId));
}

/**
 * The newest unfinished run that no open tab is working on, those that left nothing to go on from, and those that are
 * held: by another tab, or for a moment still by the page that was here before a reload.
 */
export async function sortRuns(runs: readonly RunRecord[]): Promise<{
  offered: RunRecord | null;
  empty: readonly RunRecord[];
  held: readonly RunRecord[];
}> {
  const held: RunRecord[] = [];
  const left: RunRecord[] = [];
  for (const run of runs) ((await isHeld(run.id)) ? held : left).push(run);
  return {
    offered: left.filter((run) => run.checkpoint).sort((a, b) => b.updatedAt - a.updatedAt)[0] ?? null,
    empty: left.filter((run) => !run.checkpoint),
    held,
  };
}
