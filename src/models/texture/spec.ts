import { NEIGHBOURS } from '../bayes-net/parents.ts';
import { STRENGTH } from '../shared/strength.ts';
import type { ConditionalTable, FamilySpec, HyperParameter, Model } from '../types.ts';
import { parentsInside } from './layout.ts';

const PIXEL_STRENGTH: HyperParameter = {
  ...STRENGTH,
  meaning: 'How many imagined pixels, half of them ink, every entry has seen before the first real one.',
  unit: 'pixels',
};

export const families: readonly FamilySpec[] = [
  {
    id: 'texture',
    label: 'Shared neighbours',
    idea: 'All pixels look their odds up in one and the same table of what their k nearest earlier neighbours show.',
    task: 'density',
    training: 'counted',
    hyperparameters: [NEIGHBOURS, PIXEL_STRENGTH],
    parameterCount: (_, { k }) => 2 ** k,
    parameterFormula: '2^k',
    tensors: (_, { k }) => [{ name: 'logit', shape: [2 ** k] }],
    tableOf,
    background: true,
  },
];

/** The part of the shared table that a pixel can reach: near the edge of the grid some neighbours are always off. */
function tableOf({ grid, hyper, tensors }: Model, pixel: number): ConditionalTable {
  const inside = parentsInside(grid, hyper.k, pixel);
  const logits = Float32Array.from({ length: 2 ** inside.length }, (_, own) => {
    const entry = inside.reduce((sum, { bit }, b) => sum | (((own >> b) & 1) << bit), 0);
    return tensors.logit[entry];
  });
  return { parents: inside.map(({ parent }) => parent), logits };
}
