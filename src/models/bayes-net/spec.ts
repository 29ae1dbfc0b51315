import type { Grid } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';
import { STRENGTH } from '../shared/strength.ts';
import type { ConditionalTable, FamilySpec, HyperParameter } from '../family-spec.ts';
import type { Hyper, Model } from '../model.ts';
import { TREE, refuseTree, structureOf } from './layout.ts';
import { DIRECTIONS, NEIGHBOURS, OUTSIDE, parentsOf, TIED } from './parents.ts';

/** Tables larger than this (128 MiB as f32) fit neither a phone's memory nor its largest buffer. */
const MAX_PARAMETERS = 2 ** 25;
/** The full joint's table has 2^n entries. */
const MAX_JOINT_PIXELS = 16;
/** Every pair is counted, 4 bytes each in a square: 64 MiB. */
const MAX_TREE_PIXELS = 64 * 64;

/** One image in all, not one a table: 2^n - 1 tables of their own would drown the training images in imagined ones. */
const JOINT_STRENGTH: HyperParameter = {
  ...STRENGTH,
  meaning:
    'How many imagined images, spread evenly over all 2^n, the table has seen before the first real one.',
};

const SHARED_STRENGTH: HyperParameter = {
  ...STRENGTH,
  meaning: 'How many imagined pixels, half of them ink, every entry has seen before the first real one.',
  unit: 'pixels',
};

const DIRECTION: HyperParameter = {
  name: 'direction',
  label: 'Looks',
  meaning: 'Which pixel each one looks at: the one before it, row by row, or the one above it.',
  unit: '',
  min: 0,
  max: DIRECTIONS.length - 1,
  step: 1,
  default: 0,
  choices: DIRECTIONS,
};

const PRIOR: HyperParameter = {
  name: 'prior',
  label: 'Unseen patterns get',
  meaning: 'What the imagined images look like: even odds everywhere, or the mean of the pixel itself.',
  unit: '',
  min: 0,
  max: 1,
  step: 1,
  default: 0,
  choices: ['even odds', 'pixel mean'],
  choiceWords: ['1/2', 'the pixel’s mean'],
};

function entries(family: string, grid: Grid, hyper: Hyper): number {
  return parentsOf(family, grid, hyper).reduce((sum, parents) => sum + 2 ** parents.length, 0);
}

type Words = Pick<FamilySpec, 'id' | 'label' | 'idea' | 'chapter' | 'hyperparameters' | 'parameterFormula'>;

function network(spec: Words & Partial<FamilySpec>): FamilySpec {
  return {
    task: 'density',
    training: 'counted',
    onnx: true,
    parameterCount: (grid, hyper) => entries(spec.id, grid, hyper),
    tensors: (grid, hyper) => [{ name: 'logit', shape: [entries(spec.id, grid, hyper)] }],
    refuses: (grid, hyper) =>
      // Parents are listed only where there might be too many: at most k of each pixel, or one.
      pixelCount(grid) * 2 ** ('k' in hyper ? hyper.k : 1) > MAX_PARAMETERS &&
      entries(spec.id, grid, hyper) > MAX_PARAMETERS
        ? `grid: ${grid.width} x ${grid.height} pixels need tables of more than ${MAX_PARAMETERS} numbers`
        : null,
    tableOf,
    ...spec,
  };
}

/** The part of its table that a pixel can reach: parents outside the grid are always off; a root of the tree has one number. */
function tableOf(model: Model, pixel: number): ConditionalTable {
  const { parents, tables } = structureOf(model);
  const bits = parents[pixel].flatMap((parent, bit) => (parent === OUTSIDE ? [] : [bit]));
  const logits = Float32Array.from({ length: 2 ** bits.length }, (_, own) => {
    const entry = bits.reduce((sum, bit, b) => sum | (((own >> b) & 1) << bit), 0);
    return model.tensors.logit[tables[pixel] + entry];
  });
  return { parents: bits.map((bit) => parents[pixel][bit]), logits };
}

export const families: readonly FamilySpec[] = [
  network({
    id: 'full-joint',
    label: 'Full joint',
    idea: 'One number for every possible image: the chain rule, and no assumption at all.',
    chapter: 'counting',
    hyperparameters: [JOINT_STRENGTH],
    parameterFormula: '2^n - 1',
    // By the formula: the parents of a large grid are too many to be listed.
    parameterCount: jointParameters,
    tensors: (grid) => [{ name: 'logit', shape: [jointParameters(grid)] }],
    refuses: (grid) =>
      pixelCount(grid) > MAX_JOINT_PIXELS
        ? `grid: ${grid.width} x ${grid.height} pixels have 2^${pixelCount(grid)} - 1 free numbers; ` +
          `2^n - 1 is out of reach beyond ${MAX_JOINT_PIXELS} pixels`
        : null,
  }),
  network({
    id: 'independent',
    label: 'Independent pixels',
    idea: 'Every pixel is its own coin, tossed without looking at the others.',
    chapter: 'independence',
    hyperparameters: [STRENGTH],
    parameterFormula: 'n',
  }),
  network({
    id: 'chain',
    label: 'Chain',
    idea: 'Every pixel looks at one other: the one before it, or the one above.',
    chapter: 'chains',
    hyperparameters: [DIRECTION, STRENGTH],
    parameterFormula: '2n - 1 (up: 2n - width)',
  }),
  network({
    id: 'neighbours',
    label: 'Neighbours',
    idea: 'Every pixel looks its odds up in a table of what its k nearest earlier neighbours show.',
    chapter: 'chains',
    hyperparameters: [NEIGHBOURS, PRIOR, STRENGTH],
    parameterFormula: 'sum over pixels of 2^(neighbours inside the grid), at most n 2^k',
  }),
  network({
    id: TREE,
    label: 'Tree',
    idea: 'Every pixel looks at one other, and which one is learned: the best tree of all.',
    chapter: 'chains',
    hyperparameters: [STRENGTH],
    parameterFormula: '2n - 1',
    parameterCount: (grid) => 2 * pixelCount(grid) - 1,
    // `parent` is structure, -1 for the root; the root's second logit is idle.
    tensors: (grid) => [
      { name: 'parent', shape: [pixelCount(grid)] },
      { name: 'logit', shape: [pixelCount(grid), 2] },
    ],
    refuses: (grid) =>
      pixelCount(grid) > MAX_TREE_PIXELS
        ? `grid: ${grid.width} x ${grid.height} pixels are more than ${MAX_TREE_PIXELS}, and a tree counts every pair`
        : null,
    refusesTensors: (_grid, _hyper, { parent }) => refuseTree(parent),
    orders: (model) => [structureOf(model).order],
  }),
  network({
    id: 'naive-bayes',
    label: 'Naive Bayes',
    idea: 'Independent pixels, but for every class by itself: the class is the parent of every pixel.',
    chapter: 'discriminative',
    classes: 'always',
    hyperparameters: [STRENGTH],
    parameterFormula: 'n',
  }),
  network({
    id: TIED,
    label: 'Texture',
    idea: 'All pixels share one table of what their k nearest earlier neighbours show.',
    chapter: 'chains',
    hyperparameters: [NEIGHBOURS, SHARED_STRENGTH],
    parameterFormula: '2^k',
    parameterCount: (_, { k }) => 2 ** k,
    tensors: (_, { k }) => [{ name: 'logit', shape: [2 ** k] }],
    refuses: () => null,
    background: true,
  }),
];

function jointParameters(grid: Grid): number {
  return 2 ** pixelCount(grid) - 1;
}
