import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Result } from '../data/result.ts';
import { MAX_RESULT_BYTES, readResults } from '../models/results-reading.ts';
import type { ResultRun } from '../models/results.ts';
import { readBytes } from './files.ts';
import { meaningOf } from './system-errors.ts';

/** What is in the files of a folder. */
export interface FoundResults {
  readonly files: number;
  readonly runs: readonly ResultRun[];
  /** Why a file holds no results, one sentence each, which begins with its path. */
  readonly refused: readonly string[];
}

/** Reads all files *.json of a folder; hidden ones are files that are being written. */
export function readResultFolder(folder: string): Result<FoundResults> {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  } catch (error) {
    return fail(`${folder}: --results: ${meaningOf(error)}`);
  }
  const runs: ResultRun[] = [];
  const refused: string[] = [];
  for (const name of names.sort()) {
    const read = readResultFile(join(folder, name));
    if (read.ok) for (const run of read.value) runs.push(run);
    else refused.push(read.reason);
  }
  return ok({ files: names.length, runs, refused });
}

export function readResultFile(path: string): Result<readonly ResultRun[]> {
  const bytes = readBytes('--results', path, MAX_RESULT_BYTES);
  return bytes.ok ? readResults(bytes.value, path) : bytes;
}

/** Whether there is a file, or whatever else, of this name. */
export function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
