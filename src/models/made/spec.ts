import { pixelCount, type Grid } from '../../data/images.ts';
import type { FamilySpec } from '../family-spec.ts';
import type { Hyper } from '../model.ts';
import { ensembleOrders, isDirect, tensorShapes } from './masks.ts';

/** Weights beyond this (128 MiB as f32) fit neither a phone's memory nor its largest buffer. */
const MAX_PARAMETERS = 2 ** 25;

export const families: readonly FamilySpec[] = [
  {
    id: 'made',
    label: 'MADE',
    idea: 'One network predicts all pixels at once, masked so that none sees itself or a later one.',
    chapter: 'neural',
    task: 'density',
    training: 'descended',
    onnx: true,
    features: true,
    hyperparameters: [
      {
        name: 'hidden',
        role: 'size',
        label: 'Hidden units',
        meaning: 'More units find more kinds of strokes and take longer.',
        unit: 'a layer',
        min: 1,
        max: 1000,
        step: 1,
        default: 500,
      },
      {
        name: 'layers',
        role: 'size',
        label: 'Hidden layers',
        meaning: 'More layers combine what the earlier ones found.',
        unit: '',
        min: 1,
        max: 3,
        step: 1,
        default: 1,
      },
      {
        name: 'orders',
        role: 'ensemble',
        label: 'Orders of the pixels',
        meaning: 'Reads every image row by row and in this many less one shuffled orders, and averages.',
        unit: '',
        min: 1,
        max: 8,
        step: 1,
        default: 2,
      },
      {
        name: 'direct',
        label: 'Direct connections',
        meaning:
          'Every pixel also weighs the pixels before it one by one, beside what the hidden units found.',
        unit: '',
        min: 0,
        max: 1,
        step: 1,
        default: 1,
        beforeItExisted: 0,
        choices: ['no', 'yes'],
      },
    ],
    // Masks leave half of the output, and of the input the rows of pixels that are on count alone.
    uses: () => 1 / 4,
    trainingDefaults: { epochs: 20, batchSize: 128, learningRate: 0.003 },
    parameterCount,
    parameterFormula:
      '2nH + H + n + (L - 1)(H^2 + H) + n^2 if direct, about half of the weights in any one order',
    tensors: tensorShapes,
    refuses: (grid, hyper) => {
      const count = parameterCount(grid, hyper);
      return count > MAX_PARAMETERS
        ? `hidden: ${hyper.hidden} units on ${grid.width} x ${grid.height} pixels need ${count} numbers, more than ${MAX_PARAMETERS}`
        : null;
    },
    orders: ({ grid, hyper }) => ensembleOrders(grid, hyper),
  },
];

function parameterCount(grid: Grid, hyper: Hyper): number {
  const n = pixelCount(grid);
  const { hidden, layers } = hyper;
  const between = (layers - 1) * (hidden * hidden + hidden);
  return 2 * n * hidden + hidden + n + between + (isDirect(hyper) ? n * n : 0);
}
