import { cleanText } from '../../data/clean-text.ts';
import type { Hyper } from '../../models/model.ts';
import { findFamily } from '../../models/registry.ts';
import { type ResultRun, runLine } from '../../models/results.ts';
import { readRun } from '../../models/results-reading.ts';
import { describeModel } from '../compare/counted-models.ts';
import { plural } from '../format.ts';
import { keyOf, type LeaderRow } from './rows.ts';

/** How rows that were measured here name their machine. */
export function ownMachine(): string {
  return `a browser, ${plural(navigator.hardwareConcurrency || 1, 'core')}`;
}

/** A row for what a run of a file reached. Its id is the run itself: the same run is one row, two that differ are two. */
export function rowElsewhere(run: ResultRun): LeaderRow {
  const { name, family, hyper, grid, machine, how, diverged, ...rest } = run;
  const spec = findFamily(family);
  const described = hyper ? describeModel(family, hyper, grid) : family;
  return {
    ...rest,
    ...{ family, grid, hyper },
    id: elsewhereId(run),
    key: spec && hyper ? keyOf(spec, hyper) : (name ?? family),
    name: name ?? described,
    classifier: spec?.task === 'classifier',
    kept: false,
    elsewhere: { machine, how, diverged, named: name !== null },
  };
}

export function elsewhereId(run: ResultRun): string {
  return `elsewhere ${runLine(run)}`;
}

/** A row as a run of a file; null where it has figures that a file cannot hold. */
export function savedRun(row: LeaderRow, machine: string): ResultRun | null {
  const run = runOf(row, machine);
  return readRun(JSON.parse(runLine(run)), 0).ok ? run : null;
}

/** A row as a run; that of a row of a file is the run that it was made of. `machine` is that of rows measured here. */
export function runOf(row: LeaderRow, machine: string): ResultRun {
  const { family, grid, dataset, binarisation, backend, epochs, seconds, elsewhere } = row;
  const { train, validation, test, accuracy, seed = null } = row;
  const spec = findFamily(family);
  const hyper = row.hyper ?? hyperIn(row);
  const named = elsewhere ? elsewhere.named : !hyper || row.name !== describeModel(family, hyper, grid);
  return {
    name: named ? cleanText(row.name) || family : null,
    ...{ family, hyper, grid },
    parameters: spec && hyper ? spec.parameterCount(grid, hyper) : row.parameters,
    dataset: { ...dataset, name: cleanText(dataset.name) || dataset.id },
    binarisation,
    how: elsewhere?.how ?? `${row.kept ? 'kept in the Lab' : 'leaderboard of the Lab'}, epochs ${epochs}`,
    ...{ seed, backend, machine: elsewhere?.machine ?? machine, epochs, seconds },
    diverged: elsewhere?.diverged ?? false,
    ...{ train, validation, test, accuracy },
  };
}

/** The hyper-parameters of a row of an earlier version, from its key ("neighbours k 6 strength 1"); null where that is no such key. */
function hyperIn({ family, key }: LeaderRow): Hyper | null {
  const spec = findFamily(family);
  const words = key.split(' ');
  if (!spec || words[0] !== family) return null;
  const values = spec.hyperparameters.map(({ name }) => [name, Number(words[words.indexOf(name) + 1])]);
  const hyper = Object.fromEntries(values) as Hyper;
  return keyOf(spec, hyper) === key ? hyper : null;
}
