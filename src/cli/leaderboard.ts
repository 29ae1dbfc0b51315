import { formatBinarisation } from '../data/binarise.ts';
import { ok } from '../data/result.ts';
import { completeHyper, findFamily } from '../models/registry.ts';
import { encodeResults, type ResultRun, sortRuns } from '../models/results.ts';
import { groupBySeed, type SeedGroup, type SeedMean } from '../models/results-groups.ts';
import { command, reportOnce } from './command.ts';
import { writeBytes } from './files.ts';
import { optional, output, text } from './options.ts';
import { readResultFolder } from './result-files.ts';
import { grouped } from './terminal.ts';

export const leaderboard = command({
  name: 'leaderboard',
  summary: 'Merges results of train --result into one table, and into one file that the Lab opens.',
  notes: `Runs that differ in their seed alone are one row: the mean over seeds, its standard error over the test images, and the spread, which is the standard
deviation over seeds. Rows compare where data and binarisation are the same. Files that hold no results are named, and the exit code is
then 1; the others are merged all the same.`,
  options: {
    results: text('DIR', 'the folder of the results: its files *.json'),
    out: optional(output('FILE', 'all results in one file, which the leaderboard of the Lab opens')),
  },
  run: (options) => {
    const found = readResultFolder(options.results);
    if (!found.ok) return Promise.resolve(found);
    const { files, refused } = found.value;
    const runs = sortRuns(found.value.runs);
    const { out } = options;
    const written = out === null ? ok(null) : writeBytes('--out', out, encodeResults(runs));
    const boards = boardsOf(groupBySeed(runs));
    return Promise.resolve(
      reportOnce(written, {
        json: { files, runs: runs.length, refused, out, boards: boards.map(jsonOf) },
        text: [
          ...boards.flatMap((board) => [...tableOf(board), '']),
          `${grouped(runs.length)} runs of ${grouped(files - refused.length)} files${out === null ? '' : `, written to ${out}`}`,
        ],
        passed: refused.length === 0,
        warning:
          refused.length === 0
            ? undefined
            : `${grouped(refused.length)} of ${grouped(files)} files are left out: ${refused.join('; ')}`,
      }),
    );
  },
});

/** The rows that compare with each other, the lowest loss first. */
interface Board {
  readonly of: Pick<ResultRun, 'dataset' | 'binarisation' | 'grid'>;
  readonly rows: readonly SeedGroup[];
}

function boardsOf(groups: readonly SeedGroup[]): readonly Board[] {
  const boards = new Map<string, SeedGroup[]>();
  for (const group of groups) {
    const [{ dataset, binarisation }] = group.runs;
    const key = JSON.stringify([dataset.id, formatBinarisation(binarisation)]);
    boards.set(key, [...(boards.get(key) ?? []), group]);
  }
  return [...boards.values()].map((rows) => ({
    of: rows[0].runs[0],
    rows: rows.toSorted((a, b) => rankOf(a) - rankOf(b) || rightOf(b) - rightOf(a)),
  }));
}

/** Finite: the difference of two infinities is no number. */
function rankOf({ test }: SeedGroup): number {
  return test?.mean ?? Number.MAX_VALUE;
}

function rightOf({ accuracy }: SeedGroup): number {
  return accuracy?.mean ?? -1;
}

/** "made --hidden 200": the family and what differs from its defaults, as `train` takes it; or the name that a person gave. */
function nameOf({ name, family, hyper }: ResultRun): string {
  const spec = findFamily(family);
  if (name !== null || !spec || !hyper) return name ?? family;
  const usual = completeHyper(spec);
  const chosen = spec.hyperparameters.filter((p) => hyper[p.name] !== usual[p.name]);
  return [family, ...chosen.map((p) => `${p.name} ${hyper[p.name]}`)].join(' ');
}

const COLUMNS = ['test nats', 'spread', 'seeds', 'accuracy %', 'parameters', 'seconds', 'backend'] as const;

function tableOf({ of: { dataset, binarisation, grid }, rows }: Board): string[] {
  const cells = rows.map(({ runs, seeds, diverged, test, accuracy, seconds }) => [
    nameOf(runs[0]),
    test ? figure(test, 1, 3) : '-',
    spreadOf(test ?? accuracy, test ? 1 : 100),
    diverged > 0 ? `${seeds}, ${diverged} diverged` : String(seeds),
    accuracy ? figure(accuracy, 100, 2) : '-',
    grouped(runs[0].parameters),
    seconds.toFixed(1),
    runs[0].backend,
    runs[0].how,
  ]);
  const all = [['model', ...COLUMNS, 'settings'], ...cells];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const last = widths.length - 1;
  return [
    `${dataset.name}, ${grouped(dataset.images)} images of ${grid.width}x${grid.height} pixels, binarisation ${formatBinarisation(binarisation)}`,
    ...all.map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column]) : column === last ? cell : cell.padStart(widths[column]),
        )
        .join('  '),
    ),
  ];
}

function figure({ mean, standardError }: SeedMean, times: number, decimals: number): string {
  return `${(times * mean).toFixed(decimals)} ± ${(times * standardError).toFixed(decimals)}`;
}

function spreadOf(figures: SeedMean | null, times: number): string {
  return figures === null || figures.spread === null ? '-' : (times * figures.spread).toFixed(3);
}

function jsonOf({ of: { dataset, binarisation }, rows }: Board): object {
  return {
    dataset,
    binarisation: formatBinarisation(binarisation),
    rows: rows.map(({ runs, ...figures }) => {
      const [{ family, hyper, how, backend, parameters }] = runs;
      const settings = { name: nameOf(runs[0]), family, hyper, how, backend, parameters };
      return { ...settings, ...figures, runs: runs.map(({ seed }) => seed) };
    }),
  };
}
