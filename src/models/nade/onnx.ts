/**
 * A scan from pixel to pixel, whose state is the sum that the hidden units see: n copies of the step would make a graph of thousands of nodes, and
 * a cumulative sum over all pixels at once n times the hidden units for every image (1.5 MB at 784 x 500).
 */
import { pixelCount } from '../../data/images.ts';
import type { OnnxFamily } from '../onnx/family.ts';
import { BATCH } from '../onnx/graph.ts';
import { chainRule } from '../onnx/likelihood.ts';

export const onnx: OnnxFamily = {
  build(graph, { grid, hyper, tensors }, x) {
    const n = pixelCount(grid);
    const { hidden } = hyper;
    const start = graph.constant(tensors.hidden_bias, [hidden], 'hidden_bias');
    const units = { type: 'float', shape: [hidden] } as const;
    const [, sums] = graph.scan({
      states: [{ value: graph.forEveryImage(start, x, [hidden]), type: 'float', shape: [BATCH, hidden] }],
      inputs: [
        { value: graph.transpose(x, 1, 0), type: 'float', shape: [BATCH] },
        { value: graph.constant(tensors.input, [n, hidden], 'input'), ...units },
        { value: graph.constant(tensors.output, [n, hidden], 'output'), ...units },
      ],
      outputs: [{ type: 'float', shape: [BATCH], axis: 1 }],
      step: (inner, [a], [pixel, input, output]) => ({
        states: [inner.add(a, inner.multiply(inner.withAxis(pixel, -1), input))],
        outputs: [inner.product(inner.sigmoid(a), output)],
      }),
    });
    return chainRule(graph, x, graph.add(sums, graph.constant(tensors.bias, [n], 'bias')));
  },
};
