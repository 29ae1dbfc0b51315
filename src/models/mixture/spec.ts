import { pixelCount } from '../../data/images.ts';
import { STRENGTH } from '../shared/strength.ts';
import type { FamilySpec, HyperParameter } from '../family-spec.ts';

/** Tables larger than this (128 MiB as f32) fit neither a phone's memory nor its largest buffer. */
const MAX_PARAMETERS = 2 ** 25;

const COMPONENTS: HyperParameter = {
  name: 'components',
  role: 'size',
  label: 'Components',
  meaning: 'How many kinds of image the model tells apart.',
  unit: '',
  min: 1,
  max: 500,
  step: 1,
  default: 50,
};

const COMPONENT_STRENGTH: HyperParameter = {
  ...STRENGTH,
  meaning:
    'How many imagined images, half ink and half paper, every component has seen before the first real one.',
};

export const families: readonly FamilySpec[] = [
  {
    id: 'mixture',
    label: 'Mixture',
    idea: 'An image is of one of K kinds, and within a kind every pixel is a coin of its own.',
    chapter: 'using',
    task: 'density',
    training: 'em',
    onnx: true,
    features: true,
    latent: 'one of its components',
    hyperparameters: [COMPONENTS, COMPONENT_STRENGTH],
    // Iterations of EM; it looks at all images at once and has no step size.
    trainingDefaults: { epochs: 60 },
    // The weights of the components sum to 1, so one of them is not free.
    parameterCount: (grid, { components }) => components * pixelCount(grid) + components - 1,
    parameterFormula: 'K n + K - 1',
    tensors: (grid, { components }) => [
      { name: 'weight', shape: [components] },
      { name: 'logit', shape: [pixelCount(grid), components] },
    ],
    refuses: (grid, { components }) =>
      components * (pixelCount(grid) + 1) > MAX_PARAMETERS
        ? `components: ${components} of ${grid.width} x ${grid.height} pixels need more than ${MAX_PARAMETERS} numbers`
        : null,
  },
];
