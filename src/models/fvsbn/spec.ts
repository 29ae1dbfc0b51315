import { pixelCount } from '../../data/images.ts';
import { ORDER } from '../shared/order.ts';
import type { FamilySpec } from '../family-spec.ts';

/** Weights beyond this (128 MiB as f32) fit neither a phone's memory nor its largest buffer: n <= 8191. */
const MAX_PARAMETERS = 2 ** 25;

export const families: readonly FamilySpec[] = [
  {
    id: 'fvsbn',
    label: 'FVSBN',
    idea: 'Every pixel is a logistic regression on all the pixels before it.',
    chapter: 'neural',
    task: 'density',
    training: 'descended',
    onnx: true,
    jumps: true,
    hyperparameters: [ORDER],
    // Measured on MNIST with dynamic binarisation and a decaying rate: 96.84 nats on the test digits.
    // The rows of pixels that are on: an eighth of a digit.
    uses: () => 1 / 8,
    trainingDefaults: { epochs: 12, batchSize: 128, learningRate: 0.01 },
    imagesPerSecond: 18_900,
    parameterCount: (grid) => (pixelCount(grid) * (pixelCount(grid) + 1)) / 2,
    parameterFormula: 'n(n+1)/2',
    tensors: (grid) => {
      const n = pixelCount(grid);
      return [
        { name: 'bias', shape: [n] },
        { name: 'weight', shape: [(n * (n - 1)) / 2] },
      ];
    },
    refuses: (grid) => {
      const n = pixelCount(grid);
      return (n * (n + 1)) / 2 > MAX_PARAMETERS
        ? `grid: ${grid.width} x ${grid.height} pixels need more than ${MAX_PARAMETERS} weights`
        : null;
    },
  },
];
