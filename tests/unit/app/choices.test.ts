import { expect, it } from 'vitest';
import { exactCases } from '../../../src/app/exactness/cases.ts';
import { BINARISATIONS, familyGroups, inOrder, mnistFirst } from '../../../src/app/choices.ts';
import { countable } from '../../../src/app/compare/choice.ts';
import { trainingSets } from '../../../src/app/training/training-sets.ts';
import { MNIST_ID } from '../../../src/app/library/mnist.svelte.ts';
import { candidatesOf } from '../../../src/app/leaderboard/rows.ts';
import { families } from '../../../src/models/registry.ts';
import type { DatasetRecord } from '../../../src/store/records.ts';

const GRID = { width: 4, height: 4 };

function own(id: string): DatasetRecord {
  const record = { id, name: id, count: 3, origin: 'drawn', grid: GRID, labelled: true };
  return record as unknown as DatasetRecord;
}

it('lists the kinds of binarisation as the command line does', () => {
  expect(BINARISATIONS.map(({ kind }) => kind)).toEqual(['threshold', 'stochastic', 'dynamic', 'none']);
});

it('lists every family once, the counted ones first and the classifiers last', () => {
  const ordered = inOrder(families);
  expect(new Set(ordered)).toEqual(new Set(families));
  expect(ordered).toHaveLength(families.length);
  expect(ordered.slice(0, countable(families).length)).toEqual(countable(families));
  expect(ordered.at(-1)?.task).toBe('classifier');
  for (const { specs } of familyGroups(families)) expect(specs.length).toBeGreaterThan(0);
});

it('has the same order of the families in the leaderboard and on the exactness page', () => {
  const ordered = inOrder(families).map(({ id }) => id);
  const places = (ids: readonly string[]) => ids.map((id) => ordered.indexOf(id));
  for (const ids of [
    exactCases(families, GRID).map(({ family }) => family),
    candidatesOf(families, GRID, 1000).map(({ family }) => family),
  ])
    expect(places(ids)).toEqual(places(ids).toSorted((a, b) => a - b));
});

it('lists MNIST before the visitor’s own data sets', () => {
  const stored = [own('a'), own(MNIST_ID), own('b')];
  expect(mnistFirst(stored).map(({ id }) => id)).toEqual([MNIST_ID, 'a', 'b']);
  expect(trainingSets(stored).map(({ id }) => id)).toEqual([MNIST_ID, 'starter', 'a', 'b']);
});
