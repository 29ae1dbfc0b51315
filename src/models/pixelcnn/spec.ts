import { pixelCount } from '../../data/images.ts';
import type { FamilySpec } from '../family-spec.ts';
import { CHANNELS, layerSize, layersOf, planeSize } from './layout.ts';

/** Bytes that the features of one image may take while it is trained on: the largest buffer of a phone. */
const MAX_BYTES = 2 ** 27;

export const families: readonly FamilySpec[] = [
  {
    id: 'pixelcnn',
    label: 'PixelCNN',
    idea: 'The same small network looks at the neighbourhood above and to the left of every pixel, layer upon layer.',
    chapter: 'neural',
    task: 'density',
    training: 'descended',
    hyperparameters: [
      {
        name: 'blocks',
        role: 'size',
        label: 'Residual blocks',
        meaning: 'More blocks look further and deeper, and take longer in proportion.',
        unit: '',
        min: 1,
        max: 15,
        step: 1,
        default: 15,
      },
    ],
    uses: (grid) => pixelCount(grid),
    trainingDefaults: { epochs: 10, batchSize: 16, learningRate: 0.004 },
    descent: { warmUp: 200, finalRate: 0.02, clip: 1.5, average: null },
    parameterCount: (_grid, { blocks }) =>
      layersOf(blocks).reduce((sum, { layer, copies }) => sum + copies * layerSize(layer), 0),
    parameterFormula: '2,689 + 3,392 B, of which the masks leave 1,889 + 2,368 B free',
    tensors: (_grid, { blocks }) =>
      layersOf(blocks).map(({ name, layer, copies }) => {
        const shape = [layer.size * layer.inputs + 1, layer.outputs];
        return { name, shape: ['down', 'middle', 'up'].includes(name) ? [copies, ...shape] : shape };
      }),
    refuses: (grid, { blocks }) =>
      (blocks + 1) * planeSize(grid, 1) * CHANNELS * 4 > MAX_BYTES
        ? `grid: the features of ${grid.width} x ${grid.height} pixels need more than ${MAX_BYTES} bytes an image`
        : null,
  },
];
