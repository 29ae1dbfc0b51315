import type { RunRecord } from '../../store/records.ts';

/**
 * The locks that browsers offer on secure origins. Where they are missing, or refused because site data are blocked,
 * every run counts as this tab's.
 */
function lockManager(): LockManager | undefined {
  try {
    return (navigator as Partial<Navigator>).locks;
  } catch {
    return undefined;
  }
}

const LOCK_PREFIX = 'inkling-run-';

function lockOf(runId: string): string {
  return `${LOCK_PREFIX}${runId}`;
}

/**
 * Holds the run's lock while `work` goes on, so that other tabs see that it is alive. Where there is no lock to be had
 * the work goes on without one; it is begun once, and what it rejects with is passed on.
 */
export async function holdingRun<T>(runId: string, work: () => Promise<T>): Promise<T> {
  let begun: Promise<T> | null = null;
  const once = () => (begun ??= work());
  try {
    await lockManager()?.request(lockOf(runId), once);
  } catch {
    // Either the lock was refused or taken away, or the work failed: then `once` rejects with the same.
  }
  return await once();
}

/** Resolves once no tab works on the run: at once where none does, or where there are no locks to tell. */
export async function letGo(runId: string): Promise<void> {
  try {
    await lockManager()?.request(lockOf(runId), { mode: 'shared' }, () => undefined);
  } catch {
    // No lock, no other tab to wait for.
  }
}

/**
 * Waits until no open tab works on any run; `onWait` is called where one does. False where the signal ended the wait.
 * Without locks to tell, no other tab is waited for.
 */
export async function allRunsEnded(signal: AbortSignal, onWait: () => void): Promise<boolean> {
  const ended = (): boolean => signal.aborted;
  const locks = lockManager();
  while (locks && !ended()) {
    const held = [...((await heldLocks()) ?? [])].find((name) => name?.startsWith(LOCK_PREFIX));
    if (held === undefined || ended()) break;
    onWait();
    try {
      await locks.request(held, { mode: 'shared', signal }, () => undefined);
    } catch (error) {
      if (!ended()) throw error;
    }
  }
  return !ended();
}

/** Whether an open tab works on the run. */
export async function isHeld(runId: string): Promise<boolean> {
  return (await heldLocks())?.has(lockOf(runId)) ?? false;
}

/** Names of the locks that open tabs hold; null where that cannot be told. */
async function heldLocks(): Promise<ReadonlySet<string | undefined> | null> {
  try {
    const held = (await lockManager()?.query())?.held;
    return held ? new Set(held.map((lock) => lock.name)) : null;
  } catch {
    return null;
  }
}

/** Without locks a run of less than this age, in milliseconds, may be one that another tab has just begun. */
const A_DAY = 24 * 60 * 60 * 1000;

/**
 * The newest unfinished run that no open tab is working on, those that left nothing to go on from, and those that are
 * held: by another tab, or for a moment still by the page that was here before a reload.
 */
export async function sortRuns(
  runs: readonly RunRecord[],
  now = Date.now(),
): Promise<{
  offered: RunRecord | null;
  empty: readonly RunRecord[];
  held: readonly RunRecord[];
}> {
  const locks = await heldLocks();
  const held = runs.filter((run) => locks?.has(lockOf(run.id)));
  const left = runs.filter((run) => !held.includes(run));
  const over = (run: RunRecord) => locks !== null || run.updatedAt < now - A_DAY;
  return {
    offered: left.filter((run) => run.checkpoint).sort((a, b) => b.updatedAt - a.updatedAt)[0] ?? null,
    empty: left.filter((run) => !run.checkpoint && over(run)),
    held,
  };
}
