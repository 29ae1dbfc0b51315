import { ok, type Result } from '../data/result.ts';
import type { Backend } from '../engine/backends/backend.ts';
import { createBackend } from './backend.ts';
import { COMMON, type Options, readOptions, type Values } from './options.ts';
import { ProgressBar } from './terminal.ts';

/** What a command found. */
export interface Report {
  /** What --json prints. */
  readonly json: object;
  /** Lines for a person; null where there is nothing to say. */
  readonly text: readonly (string | null)[];
  /** False where the work was done and its result is bad: the exit code is then 1. */
  readonly passed?: boolean;
  /** One line for the standard error: the failure and the remedy. */
  readonly warning?: string | undefined;
}

/** A command that could not write its file, and why. */
export interface Unwritten {
  readonly unwritten: string;
}

/** A failure is bad input. */
export type Outcome = Result<Report | Unwritten>;

export interface Command<O extends Options = Options> {
  readonly name: string;
  /** A former name, which stays valid. */
  readonly alias?: string;
  readonly summary: string;
  /** What the command does, in the help below the options. */
  readonly notes?: string;
  readonly options: O;
  /** Runs it with the values given on the command line, `true` for a flag. */
  readonly start: (given: ReadonlyMap<string, string | true>) => Promise<Outcome>;
}

type Common = Values<typeof COMMON>;

/** A command with the options of its own and those of every command. */
export function command<O extends Options>({
  run,
  ...about
}: Omit<Command<O>, 'start'> & {
  /** `given`: what the command line says, for a record of it. */
  readonly run: (options: Values<O> & Common, given: ReadonlyMap<string, string | true>) => Promise<Outcome>;
}): Command {
  const options = { ...about.options, ...COMMON };
  const start: Command['start'] = async (given) => {
    const read = readOptions(options, given);
    return read.ok ? run(read.value, given) : read;
  };
  return { ...about, options, start };
}

/**
 * Opens the backend for `work` and closes it afterwards. The progress bar is removed then. A command without the option WORKERS runs on
 * one thread.
 */
export async function onBackend<T>(
  { backend: kind, json, workers }: Common & { readonly workers?: number | null },
  work: (backend: Backend, bar: ProgressBar) => Promise<Result<T>>,
): Promise<Result<T>> {
  const backend = await createBackend(kind, workers === undefined ? 1 : workers);
  if (!backend.ok) return backend;
  const bar = new ProgressBar(json);
  try {
    return await work(backend.value, bar);
  } finally {
    bar.clear();
    backend.value.destroy();
  }
}

/** A report, once its files are written; else why one could not be. */
export function reportOnce(written: Result<null>, report: Report): Outcome {
  return ok(written.ok ? report : { unwritten: written.reason });
}
