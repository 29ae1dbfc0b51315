import { pixelCount } from '../../data/images.ts';
import type { FamilySpec } from '../family-spec.ts';
import { blocksUpTo, refuseFeatures } from '../shared/residual-blocks.ts';
import { CHANNELS, layerSize, layersOf, planeSize } from './layout.ts';

export const families: readonly FamilySpec[] = [
  {
    id: 'pixelcnn',
    label: 'PixelCNN',
    idea: 'One small network looks above and to the left of every pixel, layer upon layer.',
    chapter: 'neural',
    task: 'density',
    training: 'descended',
    onnx: true,
    hyperparameters: [blocksUpTo(15)],
    uses: (grid) => pixelCount(grid),
    trainingDefaults: { epochs: 10, batchSize: 16, learningRate: 0.004 },
    imagesPerSecond: 130,
    descent: { warmUp: 200, finalRate: 0.02, clip: 1.5, average: null },
    parameterCount: (_grid, { blocks }) =>
      layersOf(blocks).reduce((sum, { layer, copies }) => sum + copies * layerSize(layer), 0),
    parameterFormula: '2,689 + 3,392 B, of which the masks leave 1,889 + 2,368 B free',
    tensors: (_grid, { blocks }) =>
      layersOf(blocks).map(({ name, layer, copies }) => {
        const shape = [layer.size * layer.inputs + 1, layer.outputs];
        return { name, shape: ['down', 'middle', 'up'].includes(name) ? [copies, ...shape] : shape };
      }),
    refuses: (grid, { blocks }) => refuseFeatures(grid, (blocks + 1) * planeSize(grid, 1) * CHANNELS * 4),
  },
];
