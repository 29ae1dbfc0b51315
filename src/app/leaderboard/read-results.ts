import { cleanText } from '../../data/clean-text.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import { forEachSlice } from '../../data/slices.ts';
import { type ResultEntry, entryOf, type ResultRun, runLine } from '../../models/results.ts';
import { listRuns, readRun } from '../../models/results-reading.ts';
import { nextTask } from '../next-task.ts';
import { elsewhereId, ownMachine, rowElsewhere, runOf, savedRun } from './elsewhere.ts';
import type { LeaderRow } from './rows.ts';

/** Bytes of a file, at most: JSON.parse takes no pause. */
const MAX_BYTES = 4 << 20;
/** Files of one choice, at most. */
const MAX_FILES = 200;
const SLICE_MS = 10;

/** What of a file the reading needs: a File of the browser has it. */
export type OpenedFile = Pick<File, 'name' | 'size' | 'arrayBuffer'>;

export interface OpenedResults {
  /** Each run once. */
  readonly runs: readonly ResultRun[];
  /** How many files were read. */
  readonly read: number;
  /** Why others were not, one sentence each. */
  readonly refused: readonly string[];
}

/** Reads files of results in slices. A file that is damaged, or no results, is left out as a whole. */
export async function readResultFiles(files: readonly OpenedFile[]): Promise<OpenedResults> {
  const refused: string[] = [];
  const runs = new Map<string, ResultRun>();
  let read = 0;
  for (const file of files.slice(0, MAX_FILES)) {
    const own = await readFile(file);
    if (own.ok) for (const run of own.value) runs.set(runLine(run), run);
    if (own.ok) read++;
    else refused.push(own.reason);
  }
  if (files.length > MAX_FILES)
    refused.push(`Only ${MAX_FILES} files are read at once: merge them with the command leaderboard.`);
  return { runs: [...runs.values()], read, refused };
}

/** Rows for the runs that are not on the board, neither as rows of files nor as rows measured here. */
export async function newRows(
  runs: readonly ResultRun[],
  rows: readonly LeaderRow[],
): Promise<readonly LeaderRow[]> {
  const machine = ownMachine();
  const known = new Set(rows.map((row) => (row.elsewhere ? row.id : elsewhereId(runOf(row, machine)))));
  const read = await mapSliced(runs, rowElsewhere);
  return read.filter(({ id }) => !known.has(id));
}

/** The rows as entries of a file, without those that a file cannot hold. */
export async function entriesOf(rows: readonly LeaderRow[]): Promise<readonly ResultEntry[]> {
  const machine = ownMachine();
  const entries = await mapSliced(rows, (row) => {
    const run = savedRun(row, machine);
    return run && entryOf(run);
  });
  return entries.filter((entry) => entry !== null);
}

async function mapSliced<T, U>(items: readonly T[], map: (item: T) => U): Promise<readonly U[]> {
  const mapped: U[] = [];
  await forEachSlice(items.length, {
    targetMs: SLICE_MS,
    work: (first, count) => {
      for (const item of items.slice(first, first + count)) mapped.push(map(item));
    },
  });
  return mapped;
}

/** The runs of a file, in slices. A reason names file and field. */
async function readFile(file: OpenedFile): Promise<Result<readonly ResultRun[]>> {
  const name = cleanText(file.name);
  if (file.size > MAX_BYTES)
    return fail(`${name}: has more than ${MAX_BYTES >> 20} MiB: merge fewer results`);
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    return fail(`${name}: the browser could not read it: choose it again`);
  }
  const listed = listRuns(bytes, name);
  if (!listed.ok) return listed;
  await nextTask();
  const runs: ResultRun[] = [];
  const done = await forEachSlice(listed.value.length, {
    targetMs: SLICE_MS,
    work: (first, count) => {
      for (let at = first; at < first + count; at++) {
        const run = readRun(listed.value[at], at);
        if (!run.ok) return Promise.resolve(fail(`${name}: ${run.reason}`));
        runs.push(run.value);
      }
      return Promise.resolve(ok(null));
    },
  });
  return done.ok ? ok(runs) : done;
}
