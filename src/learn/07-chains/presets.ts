import type { Grid } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';
import { parentsOf } from '../../models/bayes-net/parents.ts';
import type { Parents } from '../../stats/networks.ts';

/** Who looks at whom, by a rule. */
export interface Preset {
  readonly name: string;
  /** Of a Markov model. */
  readonly order?: number;
  readonly parents: (grid: Grid) => Parents;
}

/** The m pixels before each one, row by row. */
export function markov(m: number): (grid: Grid) => Parents {
  return (grid) =>
    every(grid, (pixel) =>
      Array.from({ length: Math.min(m, pixel) }, (_, i) => pixel - Math.min(m, pixel) + i),
    );
}

export const PRESETS: readonly Preset[] = [
  { name: 'earlier', parents: (grid) => markov(pixelCount(grid))(grid) },
  { name: 'independent', parents: markov(0) },
  { name: 'markov1', order: 1, parents: markov(1) },
  { name: 'markov2', order: 2, parents: markov(2) },
  { name: 'markov3', order: 3, parents: markov(3) },
  {
    name: 'row',
    parents: (grid) =>
      every(grid, (pixel) => {
        const above = (Math.floor(pixel / grid.width) - 1) * grid.width;
        return above < 0 ? [] : Array.from({ length: grid.width }, (_, column) => above + column);
      }),
  },
  {
    name: 'lattice',
    parents: (grid) =>
      every(grid, (pixel) => [
        ...(pixel >= grid.width ? [pixel - grid.width] : []),
        ...(pixel % grid.width > 0 ? [pixel - 1] : []),
      ]),
  },
  {
    name: 'corners',
    parents: (grid) => parentsOf('neighbours', grid, { k: 4 }).map((list) => [...list].sort((a, b) => a - b)),
  },
  {
    name: 'comb',
    parents: (grid) =>
      every(grid, (pixel) => {
        if (pixel >= grid.width) return [pixel - grid.width];
        return pixel > 0 ? [pixel - 1] : [];
      }),
  },
];

function every(grid: Grid, parents: (pixel: number) => number[]): number[][] {
  return Array.from({ length: pixelCount(grid) }, (_, pixel) => parents(pixel));
}
