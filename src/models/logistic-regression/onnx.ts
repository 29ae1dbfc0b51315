import { CLASSES, pixelCount } from '../../data/images.ts';
import type { OnnxFamily } from '../onnx/family.ts';

export const onnx: OnnxFamily = {
  build(graph, { grid, tensors }, x) {
    const weight = graph.constant(tensors.weight, [pixelCount(grid), CLASSES], 'weight');
    const bias = graph.constant(tensors.bias, [CLASSES], 'bias');
    return { classLogits: graph.add(graph.product(x, weight), bias) };
  },
};
