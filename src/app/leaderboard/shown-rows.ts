import { formatBinarisation } from '../../data/binarise.ts';
import { groupOf, type Repetition, type SeedGroup, type SeedMean } from '../../models/results-groups.ts';
import type { LeaderRow } from './rows.ts';

/** A row of the table: one that was measured here, or runs of files that differ in their seed alone. */
export interface ShownRow extends LeaderRow {
  /** Ids of the rows that it stands for. */
  readonly ids: readonly string[];
  /** Null of a row that was measured here. */
  readonly group:
    | (Pick<SeedGroup, 'seeds' | 'diverged' | 'machines'> & {
        /** Of the test figure over the seeds; null of one seed. */
        readonly spread: number | null;
      })
    | null;
}

/** The rows as the table shows them: runs of files by their settings, seeds together. */
export function shownRows(rows: readonly LeaderRow[]): readonly ShownRow[] {
  const here: ShownRow[] = [];
  const groups = new Map<string, LeaderRow[]>();
  for (const row of rows) {
    const { id, elsewhere, dataset, binarisation, key, name, backend, seed } = row;
    if (!elsewhere) {
      here.push({ ...row, ids: [id], group: null });
      continue;
    }
    const settings = [dataset.id, formatBinarisation(binarisation), key, name, elsewhere.how, backend];
    const of = seed === null || seed === undefined ? id : settings.join('\n');
    const group = groups.get(of);
    if (group) group.push(row);
    else groups.set(of, [row]);
  }
  return [...here, ...Array.from(groups.values(), groupRow)];
}

function groupRow(rows: readonly LeaderRow[]): ShownRow {
  const group = groupOf(rows.map(repetitionOf));
  const { seeds, diverged, machines, seconds, train, validation, test, accuracy } = group;
  const first = rows.find(({ elsewhere }) => !elsewhere?.diverged) ?? rows[0];
  return {
    ...first,
    seconds,
    train: train ? estimateOf(train) : first.train,
    validation: validation && estimateOf(validation),
    test: test && estimateOf(test),
    accuracy: accuracy && {
      share: accuracy.mean,
      standardError: accuracy.standardError,
      images: accuracy.images,
    },
    ids: rows.map(({ id }) => id),
    group: { seeds, diverged, machines, spread: test?.spread ?? null },
  };
}

function repetitionOf(row: LeaderRow): Repetition {
  const { elsewhere, seed = null } = row;
  return { ...row, seed, diverged: elsewhere?.diverged ?? false, machine: elsewhere?.machine ?? '' };
}

function estimateOf({ mean, standardError, images }: SeedMean) {
  return { nats: mean, standardError, images };
}
