import type { Grid } from '../../data/images.ts';
import type { FamilySpec, Hyper, HyperParameter } from '../types.ts';
import { NEIGHBOUR_OFFSETS, parentsOf } from './parents.ts';

/** Tables larger than this (128 MiB as f32) fit neither a phone's memory nor its largest buffer. */
const MOST_PARAMETERS = 2 ** 25;

const STRENGTH: HyperParameter = {
  name: 'strength',
  label: 'Smoothing',
  meaning: 'How many imagined images every table has seen before the first real one.',
  unit: 'images',
  min: 0.01,
  max: 100,
  step: 0.01,
  default: 1,
};

const PRIOR: HyperParameter = {
  name: 'prior',
  label: 'Smooth towards',
  meaning: 'What the imagined images look like: 0 is even odds, 1 the average of the pixel itself.',
  unit: '',
  min: 0,
  max: 1,
  step: 1,
  default: 0,
};

const NEIGHBOURS: HyperParameter = {
  name: 'k',
  label: 'Neighbours',
  meaning: 'How many of the nearest earlier pixels every pixel looks at.',
  unit: 'pixels',
  min: 1,
  max: NEIGHBOUR_OFFSETS.length,
  step: 1,
  default: 10,
};

function entries(family: string, grid: Grid, hyper: Hyper): number {
  return parentsOf(family, grid, hyper).reduce((sum, parents) => sum + 2 ** parents.length, 0);
}

function network(
  spec: Pick<FamilySpec, 'id' | 'label' | 'idea' | 'hyperparameters' | 'parameterFormula'>,
): FamilySpec {
  return {
    ...spec,
    training: 'counted',
    parameterCount: (grid, hyper) => entries(spec.id, grid, hyper),
    tensors: (grid, hyper) => [{ name: 'logit', shape: [entries(spec.id, grid, hyper)] }],
    refuses: (grid, hyper) =>
      entries(spec.id, grid, hyper) > MOST_PARAMETERS
        ? `grid: ${grid.width} x ${grid.height} pixels need tables of more than ${MOST_PARAMETERS} numbers`
        : null,
  };
}

export const families: readonly FamilySpec[] = [
  network({
    id: 'independent',
    label: 'Independent pixels',
    idea: 'Every pixel is its own coin, tossed without looking at the others.',
    hyperparameters: [STRENGTH],
    parameterFormula: 'n',
  }),
  network({
    id: 'neighbours',
    label: 'Nearest neighbours',
    idea: 'Every pixel looks its odds up in a table of what its k nearest earlier neighbours show.',
    hyperparameters: [NEIGHBOURS, PRIOR, STRENGTH],
    parameterFormula: 'sum over pixels of 2^(neighbours inside the grid), at most n 2^k',
  }),
];
