import type { Grid } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';
import { refuseTree } from '../bayes-net/layout.ts';
import type { FamilySpec, HyperParameter } from '../family-spec.ts';
import type { Tensors } from '../model.ts';

/** Pairs of pixels that are counted, of all components together: 256 MiB as f32 where they are counted on a GPU. */
const MAX_PAIRS = 2 ** 26;

const COMPONENTS: HyperParameter = {
  name: 'components',
  role: 'size',
  label: 'Trees',
  meaning: 'How many kinds of image the model tells apart, each with a tree of its own.',
  unit: '',
  min: 1,
  max: 200,
  step: 1,
  default: 50,
  // Chosen on training digits held back.
  presets: { starter: 20, few: 5 },
};

const STRENGTH: HyperParameter = {
  name: 'strength',
  label: 'Smoothing',
  meaning:
    'How many imagined images every tree has seen beside its own: drawn from what all images have in common.',
  unit: 'images',
  min: 0.1,
  max: 1000,
  step: 0.1,
  default: 15,
  presets: { starter: 30, few: 20 },
};

export const families: readonly FamilySpec[] = [
  {
    id: 'tree-mixture',
    label: 'Mixture of trees',
    idea: 'An image is of one of K kinds; each kind has a tree, in which a pixel looks at one other.',
    chapter: 'using',
    task: 'density',
    training: 'em',
    onnx: true,
    features: true,
    latent: 'one of its trees',
    hyperparameters: [COMPONENTS, STRENGTH],
    // Iterations of EM; it looks at all images at once and has no step size.
    trainingDefaults: { epochs: 30 },
    // The weights of the components sum to 1, so one of them is not free; a root has one number.
    parameterCount: (grid, { components }) => components * (2 * pixelCount(grid) - 1) + components - 1,
    parameterFormula: 'K (2n - 1) + K - 1',
    // `parent` is structure, -1 for the root; a root's second logit is idle.
    tensors: (grid, { components }) => [
      { name: 'weight', shape: [components] },
      { name: 'parent', shape: [components, pixelCount(grid)] },
      { name: 'logit', shape: [components, pixelCount(grid), 2] },
    ],
    refuses: (grid, { components }) =>
      components * pairCount(grid) > MAX_PAIRS
        ? `components: ${components} of ${grid.width} x ${grid.height} pixels have more than ${MAX_PAIRS} pairs to count`
        : null,
    refusesTensors: (_grid, _hyper, tensors) => refuseTrees(tensors),
  },
];

function pairCount(grid: Grid): number {
  const n = pixelCount(grid);
  return (n * (n + 1)) / 2;
}

/** Why one of the components has no tree, as a sentence naming the tensor; null where all have. */
function refuseTrees({ weight, parent }: Tensors): string | null {
  const n = parent.length / weight.length;
  for (let k = 0; k < weight.length; k++) {
    const reason = refuseTree(parent.subarray(k * n, (k + 1) * n));
    if (reason !== null) return `component ${k}: ${reason}`;
  }
  return null;
}
