import type { FamilySpec } from '../../../../src/models/family-spec.ts';

const hyperparameters = [
  {
    name: 'faith',
    label: 'Imagined images',
    meaning: 'How many pixels of even odds every column has seen before the first real one.',
    unit: 'pixels',
    min: 0.5,
    max: 100,
    step: 0.5,
    default: 1,
    presets: { few: 0.5 },
  },
];

const column: FamilySpec = {
  id: 'column',
  label: 'Columns',
  idea: 'Every pixel is a coin, and all pixels of a column toss the same one.',
  chapter: 'independence',
  task: 'density',
  training: 'counted',
  hyperparameters,
  parameterCount: ({ width }) => width,
  parameterFormula: 'the width of the grid',
  tensors: ({ width }) => [{ name: 'logit', shape: [width] }],
};

/** The second family doubles the probability of every image, so it is no distribution and must fail the check. */
export const families: readonly FamilySpec[] = [column, { ...column, id: 'column-twice', classes: 'never' }];
