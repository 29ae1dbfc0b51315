/**
 * Web Locks, which exist on secure origins. Where they are missing, or refused because site data are blocked, no run
 * counts as held by another tab.
 */
function lockManager(): LockManager | undefined {
  try {
    return (navigator as Partial<Navigator>).locks;
  } catch {
    return undefined;
  }
}

const LOCK_PREFIX = 'inkling-run-';

export function lockOf(runId: string): string {
  return `${LOCK_PREFIX}${runId}`;
}

/**
 * Holds the run's lock during `work`, so that other tabs can see that the run is in progress. Where locks are not available
 * `work` runs without one. It is started once, and its rejection is passed on.
 */
export async function holdingRun<T>(runId: string, work: () => Promise<T>): Promise<T> {
  let started: Promise<T> | null = null;
  const once = () => (started ??= work());
  try {
    await lockManager()?.request(lockOf(runId), once);
  } catch {
    // Either the lock was refused or stolen, or the work failed: then `once` rejects with the same error.
  }
  return await once();
}

/** Resolves once no tab works on the run; at once where none does, or where there are no locks. */
export async function untilReleased(runId: string): Promise<void> {
  try {
    await lockManager()?.request(lockOf(runId), { mode: 'shared' }, () => undefined);
  } catch {
    // Without locks, other tabs cannot be waited for.
  }
}

/**
 * Waits until no open tab works on any run; `onWait` is called where one does. False where the signal ended the wait.
 * Without locks it does not wait.
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

/** Names of the locks that open tabs hold; null where that is not known. */
export async function heldLocks(): Promise<ReadonlySet<string | undefined> | null> {
  try {
    const held = (await lockManager()?.query())?.held;
    return held ? new Set(held.map((lock) => lock.name)) : null;
  } catch {
    return null;
  }
}
