import { expect, it } from 'vitest';
import { edgePaths } from '../../../src/ui/hidden-units/edges.ts';

const GRID = { width: 3, height: 2 };

it('draws an edge for every pixel but the root, the strongest last', () => {
  const paths = edgePaths(GRID, [-1, 0, 1, 0, 1, 4], [0, 0.3, 0.1, 0.02, 0.001, 0]);
  expect(paths.map(({ path }) => path)).toEqual([
    'M1.5 1.5L1.5 0.5M2.5 1.5L1.5 1.5',
    'M0.5 1.5L0.5 0.5',
    'M2.5 0.5L1.5 0.5',
    'M1.5 0.5L0.5 0.5',
  ]);
  expect(paths.map(({ weak }) => weak)).toEqual([true, false, false, false]);
  const widths = paths.map(({ width }) => width);
  expect(widths).toEqual([...widths].sort((a, b) => a - b));
});

it('draws nothing where there is one pixel', () => {
  expect(edgePaths({ width: 1, height: 1 }, [-1], [0]).every(({ path }) => path === '')).toBe(true);
});
