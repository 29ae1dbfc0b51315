import type { RunRecord } from '../store/records.ts';

/** The locks that browsers offer on secure origins; without them every run counts as this tab's. */
function lockManager(): LockManager | undefined {
  return (navigator as Partial<Navigator>).locks;
}

const LOCK_PREFIX = 'inkling-run-';

function lockOf(runId: string): string {
  return `${LOCK_PREFIX}${runId}`;
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

/**
 * Waits until no open tab works on any run; `onWait` is called where one does. False where the signal ended the wait.
 * Without locks to tell, no other tab is waited for.
 */
export async function allRunsEnded(signal: AbortSignal, onWait: () => void): Promise<boolean> {
  const ended = (): boolean => signal.aborted;
  const locks = lockManager();
  while (locks && !ended()) {
    const held = (await locks.query()).held?.find((lock) => lock.name?.startsWith(LOCK_PREFIX));
    if (!held?.name || ended()) break;
    onWait();
    try {
      await locks.request(held.name, { mode: 'shared', signal }, () => undefined);
    } catch (error) {
      if (!ended()) throw error;
    }
  }
  return !ended();
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
