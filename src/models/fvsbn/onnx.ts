/** One product of matrices: the packed weights are written out as the triangle that they are. */
import { pixelCount } from '../../data/images.ts';
import type { OnnxFamily } from '../onnx/family.ts';
import { chainRule } from '../onnx/likelihood.ts';
import { rowBases } from './layout.ts';

export const onnx: OnnxFamily = {
  build(graph, { grid, tensors }, x) {
    const n = pixelCount(grid);
    const at = rowBases(n);
    const triangle = new Float32Array(n * n);
    for (let j = 0; j + 1 < n; j++)
      triangle.set(tensors.weight.subarray(at[j] + j + 1, at[j] + n), j * n + j + 1);
    const sums = graph.product(x, graph.constant(triangle, [n, n], 'weight'));
    return chainRule(graph, x, graph.add(sums, graph.constant(tensors.bias, [n], 'bias')));
  },
};
