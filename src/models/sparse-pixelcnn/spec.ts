import { pixelCount } from '../../data/images.ts';
import type { FamilySpec } from '../family-spec.ts';
import { blocksUpTo, refuseFeatures } from '../shared/residual-blocks.ts';
import { CHANNELS, HIDDEN, tensorsOf } from './layout.ts';

/** Numbers of an active pixel that a block keeps for its gradient: the residual stream and two layers inside. */
const KEPT = CHANNELS + 2 * HIDDEN;

export const families: readonly FamilySpec[] = [
  {
    id: 'sparse-pixelcnn',
    label: 'Sparse PixelCNN',
    idea: 'A deep network near ink, a small one elsewhere: strong, and learnt in minutes.',
    chapter: 'neural',
    task: 'density',
    training: 'descended',
    onnx: true,
    hyperparameters: [blocksUpTo(8)],
    // A third of a digit's pixels is near ink.
    uses: (grid) => pixelCount(grid) / 3,
    trainingDefaults: { epochs: 6, batchSize: 16, learningRate: 0.006 },
    imagesPerSecond: 171,
    descent: { warmUp: 200, finalRate: 0.01, clip: 1.5, average: 0.9936 },
    parameterCount: (grid, { blocks }) =>
      tensorsOf(pixelCount(grid), blocks)
        .map(({ shape }) => shape.reduce((product, length) => product * length, 1))
        .reduce((sum, size) => sum + size, 0),
    parameterFormula: '50,624 + 514 n + 9,344 B',
    tensors: (grid, { blocks }) => tensorsOf(pixelCount(grid), blocks),
    refuses: (grid, { blocks }) => refuseFeatures(grid, blocks * pixelCount(grid) * KEPT * 4),
  },
];
