import { join } from 'node:path';
import type { PlannedRun } from './sweep-runs.ts';

/** How the lines of a sweep are written. */
export interface LineSettings {
  /** How the command line of Inkling is called, as text of the shell: "npm run -s cli --". */
  readonly call: string;
  /** Folder of the results. */
  readonly results: string;
  /** Whether the models are kept too, beside their results. */
  readonly models: boolean;
}

/** One word of a POSIX shell that means `text` itself, whatever it holds: plain where that is safe, else in single quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The file of a run's result. */
export function resultPath(results: string, { name }: PlannedRun): string {
  return join(results, `${name}.json`);
}

/** One line of a POSIX shell that trains the model of a run, measures it, and leaves its result where it ends well. */
export function lineOf(run: PlannedRun, { call, results, models }: LineSettings): string {
  const options = [...run.options].flatMap(([name, value]) => optionWords(name, value));
  const files = [
    ...(models ? optionWords('out', join(results, `${run.name}.safetensors`)) : []),
    ...optionWords('result', resultPath(results, run)),
  ];
  const folder = results.startsWith('-') ? `./${results}` : results;
  return `mkdir -p ${shellWord(folder)} && ${call} train ${[...options, ...files].join(' ')}`;
}

function optionWords(name: string, value: string | true): readonly string[] {
  if (value === true) return [`--${name}`];
  // A value that begins with a hyphen would be taken for an option.
  return value.startsWith('-') ? [shellWord(`--${name}=${value}`)] : [`--${name}`, shellWord(value)];
}

/**
 * A script for Slurm's sbatch: an array of `tasks` jobs, of which job i does lines i, i + tasks, i + 2 tasks and so on. A line whose result is there is
 * left out when its turn comes, so that a script may be submitted again.
 */
export function slurmScript(runs: readonly PlannedRun[], settings: LineSettings, tasks: number): string {
  const jobs = Math.min(tasks, runs.length);
  const cases = runs.map((run, at) => {
    const result = shellWord(resultPath(settings.results, run));
    return `    ${at + 1}) [ -e ${result} ] || { ${lineOf(run, settings)}; } ;;`;
  });
  return `#!/bin/bash
#SBATCH --job-name=inkling
#SBATCH --array=1-${jobs}
#SBATCH --output=inkling-%A-%a.log

line() {
  case "$1" in
${cases.join('\n')}
    *) echo "line $1: there are ${runs.length}" >&2; return 1 ;;
  esac
}

case "\${SLURM_ARRAY_TASK_ID:-}" in
  '' | *[!0-9]*) echo "SLURM_ARRAY_TASK_ID: missing: submit this with sbatch" >&2; exit 1 ;;
esac
failed=0
for ((i = SLURM_ARRAY_TASK_ID; i <= ${runs.length}; i += ${jobs})); do
  line "$i" || failed=1
done
exit "$failed"`;
}
