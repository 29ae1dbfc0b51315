import type { RunRecord } from '../../store/records.ts';
import type { Library } from '../library/library.svelte.ts';
import { heldLocks, lockOf, untilReleased } from '../run-locks.ts';

/** Without locks, a run without a checkpoint that is younger than this may be in progress in another tab. */
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The newest run with a checkpoint that no open tab is working on, the abandoned runs without a checkpoint, and those that are
 * held: by another tab, or for a moment after a reload by the previous page.
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
  const isAbandoned = (run: RunRecord) => locks !== null || run.updatedAt < now - DAY_MS;
  return {
    offered: left.filter((run) => run.checkpoint).sort((a, b) => b.updatedAt - a.updatedAt)[0] ?? null,
    empty: left.filter((run) => !run.checkpoint && isAbandoned(run)),
    held,
  };
}

/** Offers the newest run that was interrupted, forgets those without a checkpoint, and waits for what other tabs hold. */
export async function offerInterrupted(
  library: Pick<Library, 'run' | 'runs' | 'deleteRun'>,
  checkpoints: { interrupted: RunRecord | null },
): Promise<void> {
  const { offered, empty, held } = await sortRuns(await library.runs());
  checkpoints.interrupted = offered;
  for (const run of empty) await library.deleteRun(run.id);
  for (const run of held) void offerWhenReleased(run.id, library, checkpoints);
}

/** Offers a run of another tab once that tab has left it unfinished. */
async function offerWhenReleased(
  runId: string,
  library: Pick<Library, 'run'>,
  checkpoints: { interrupted: RunRecord | null },
): Promise<void> {
  await untilReleased(runId);
  const run = await library.run(runId);
  if (run.ok && run.value?.checkpoint) checkpoints.interrupted ??= run.value;
}
