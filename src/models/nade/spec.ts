import { pixelCount } from '../../data/images.ts';
import { ORDER } from '../shared/order.ts';
import type { FamilySpec } from '../family-spec.ts';

/** Weights beyond this (128 MiB as f32) fit neither a phone's memory nor its largest buffer. */
const MAX_PARAMETERS = 2 ** 25;

export const families: readonly FamilySpec[] = [
  {
    id: 'nade',
    label: 'NADE',
    idea: 'Hidden units remember the pixels so far; each next pixel is a logistic regression on them.',
    chapter: 'neural',
    task: 'density',
    training: 'descended',
    onnx: true,
    jumps: true,
    features: true,
    hyperparameters: [
      {
        name: 'hidden',
        role: 'size',
        label: 'Hidden units',
        meaning: 'More of them remember more of the pixels so far, and learn more slowly.',
        unit: 'units',
        min: 1,
        max: 500,
        step: 1,
        default: 500,
      },
      ORDER,
    ],
    // Of the input the rows of pixels that are on count alone.
    uses: () => 1 / 2,
    trainingDefaults: { epochs: 20, batchSize: 128, learningRate: 0.002 },
    imagesPerSecond: 3300,
    parameterCount: (grid, hyper) => countOf(pixelCount(grid), hyper.hidden),
    parameterFormula: '2nH + n + H',
    tensors: (grid, { hidden }) => {
      const n = pixelCount(grid);
      return [
        { name: 'bias', shape: [n] },
        { name: 'hidden_bias', shape: [hidden] },
        { name: 'input', shape: [n, hidden] },
        { name: 'output', shape: [n, hidden] },
      ];
    },
    refuses: (grid, { hidden }) =>
      countOf(pixelCount(grid), hidden) > MAX_PARAMETERS
        ? `grid: ${grid.width} x ${grid.height} pixels and ${hidden} hidden units need more than ${MAX_PARAMETERS} weights`
        : null,
  },
];

function countOf(n: number, hidden: number): number {
  return 2 * n * hidden + n + hidden;
}
