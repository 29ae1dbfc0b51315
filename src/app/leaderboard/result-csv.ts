import { formatBinarisation } from '../../data/binarise.ts';
import { csvOf } from '../../data/write-csv.ts';
import type { Estimate } from '../../engine/api.ts';
import { findFamily } from '../../models/registry.ts';
import type { ResultRun } from '../../models/results.ts';
import { describeModel } from '../compare/counted-models.ts';

const COLUMNS = [
  ...['model', 'family', 'hyperparameters', 'data', 'images', 'width', 'height', 'binarisation', 'settings'],
  ...['seed', 'backend', 'machine', 'parameters', 'epochs', 'seconds', 'diverged'],
  ...['train (nats)', 'train standard error', 'validation (nats)', 'validation standard error'],
  ...['test (nats)', 'test standard error', 'test images', 'accuracy', 'accuracy standard error'],
];

/** Runs as CSV, one a row, their values in full; the mean −log p of classifiers is that of p(y | x). */
export function resultsCsv(runs: readonly ResultRun[]): string {
  return csvOf([COLUMNS, ...runs.map(cellsOf)]);
}

function cellsOf(run: ResultRun): (string | number | null)[] {
  const { name, family, hyper, grid, dataset, binarisation, how, seed, backend, machine } = run;
  const { parameters, epochs, seconds, diverged, train, validation, test, accuracy } = run;
  const spec = findFamily(family);
  const values =
    hyper && spec ? spec.hyperparameters.map((p) => `${p.name}=${hyper[p.name]}`).join(' ') : null;
  const pair = (of: Estimate | null) => (of ? [of.nats, of.standardError] : [null, null]);
  return [
    ...[name ?? (hyper ? describeModel(family, hyper, grid) : family), family, values],
    ...[dataset.name, dataset.images, grid.width, grid.height, formatBinarisation(binarisation), how],
    ...[seed, backend, machine, parameters, epochs, seconds, diverged ? 'yes' : 'no'],
    ...[...pair(train), ...pair(validation), ...pair(test), test?.images ?? null],
    ...(accuracy ? [accuracy.share, accuracy.standardError] : [null, null]),
  ];
}
