import { CLASSES, pixelCount } from '../../data/images.ts';
import type { FamilySpec } from '../family-spec.ts';

export const families: readonly FamilySpec[] = [
  {
    id: 'logistic-regression',
    label: 'Logistic regression',
    idea: 'Tells digits apart without knowing what they look like: every pixel is evidence.',
    chapter: 'discriminative',
    task: 'classifier',
    training: 'descended',
    onnx: true,
    classes: 'never',
    hyperparameters: [],
    // The rows of pixels that are on: an eighth of a digit.
    uses: () => 1 / 8,
    trainingDefaults: { epochs: 12, batchSize: 128, learningRate: 0.001 },
    parameterCount: (grid) => CLASSES * (pixelCount(grid) + 1),
    parameterFormula: '10n + 10',
    tensors: (grid) => [
      { name: 'bias', shape: [CLASSES] },
      { name: 'weight', shape: [pixelCount(grid), CLASSES] },
    ],
  },
];
