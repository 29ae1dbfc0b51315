import { basename } from 'node:path';
import { fail, ok, type Result } from '../data/result.ts';
import { settingsKey } from '../models/results.ts';
import { cleanText } from '../data/clean-text.ts';
import { command } from './command.ts';
import { readBytes } from './files.ts';
import { choice, flag, input, number, text, withDefault } from './options.ts';
import { exists, readResultFile } from './result-files.ts';
import { lineOf, resultPath, slurmScript } from './sweep-lines.ts';
import { MAX_PLAN_BYTES, MAX_PLANNED, readPlan } from './sweep-plan.ts';
import { type PlannedRun, runsOf } from './sweep-runs.ts';
import { grouped } from './terminal.ts';

/** Slurm's own limit of an array is 1,001 unless it is configured otherwise. */
const USUAL_TASKS = 1000;

export const sweep = command({
  name: 'sweep',
  summary: 'Prints one shell command for every run of a plan whose result is not there yet.',
  notes: `A plan is JSON: "data" (images, test-images, their labels, grid), "models" (family and hyper-parameters), "seeds", and, for all models or
for one, binarise, epochs, batch, learning-rate, targets, valid-last, valid-share; beside them backend and workers. Of lists every combination is run, ${MAX_PLANNED.toLocaleString('en-US')} at
most. Each line trains a model, measures it on the test images and writes its result by a rename, so that a file that is there is whole.
Names of results follow from settings and images: the same plan gives the same names. docs/beyond-one-machine.md shows how to run the lines.`,
  options: {
    plan: input('FILE', 'the plan, as JSON'),
    results: text('DIR', 'the folder of the results; lines make it where it is missing'),
    format: withDefault(
      choice('WHICH', 'a command a line, or a script for sbatch that holds them as an array: ', [
        'lines',
        'slurm',
      ]),
      'lines',
    ),
    all: flag('prints the lines of all runs, also where the result is there'),
    models: flag('keeps the models too, as safetensors beside their results'),
    call: withDefault(
      text('TEXT', 'how the lines call the command line, as text of the shell'),
      'npm run -s cli --',
    ),
    tasks: withDefault(
      number('N', 'jobs of the array of slurm, at most; each does several lines where there are more', {
        min: 1,
        max: MAX_PLANNED,
        whole: true,
      }),
      USUAL_TASKS,
    ),
  },
  run: async (options) => {
    const { plan: path, results, format, all, models, call } = options;
    for (const [name, given] of Object.entries({ results, call }))
      if (given === '' || given !== cleanText(given, Infinity))
        return fail(`--${name}: is empty, or has a character that a terminal does not show`);
    const runs = readRuns(path);
    if (!runs.ok) return Promise.resolve(runs);
    const wrong: string[] = [];
    const left = runs.value.filter((run) => {
      const state = stateOf(resultPath(results, run), run);
      if (typeof state === 'object') wrong.push(state.reason);
      return all || state !== 'done';
    });
    const done = runs.value.length - left.length;
    const settings = { call, results, models };
    const lines = left.map((run) => lineOf(run, settings));
    const script = format === 'slurm' && left.length > 0 ? slurmScript(left, settings, options.tasks) : null;
    return Promise.resolve(
      ok({
        json: {
          runs: runs.value.length,
          done,
          refused: wrong,
          left: left.map((run, at) => ({ name: run.name, line: lines[at] })),
        },
        text: script === null ? lines : [script],
        warning: [
          `${basename(path)}: ${grouped(left.length)} of ${grouped(runs.value.length)} runs printed`,
          ...(done > 0 ? [`${grouped(done)} have results`] : []),
          ...(wrong.length > 0 ? [`${grouped(wrong.length)} files are made again (${wrong[0]})`] : []),
        ].join('; '),
      }),
    );
  },
});

function readRuns(path: string): Result<readonly PlannedRun[]> {
  const bytes = readBytes('--plan', path, MAX_PLAN_BYTES);
  if (!bytes.ok) return bytes;
  const plan = readPlan(new TextDecoder().decode(bytes.value));
  if (!plan.ok) return fail(`${path}: ${plan.reason}`);
  const runs = runsOf(plan.value);
  return runs.ok ? runs : fail(`${path}: ${runs.reason}`);
}

/** Whether the result of a run is there, and whole; otherwise why the file there is none. */
function stateOf(path: string, { key }: PlannedRun): 'missing' | 'done' | { readonly reason: string } {
  if (!exists(path)) return 'missing';
  const read = readResultFile(path);
  if (!read.ok) return read;
  const [run] = read.value;
  return read.value.length === 1 && settingsKey(run) === key
    ? 'done'
    : { reason: `${path}: a result of other settings` };
}
