/** Masked convolutions whose kernels end with the row of the pixel itself, masked taps being 0. Maps are [batch, channels, height, width]. */
import { pixelCount } from '../../data/images.ts';
import type { OnnxFamily } from '../onnx/family.ts';
import type { Graph, Value } from '../onnx/graph.ts';
import { chainRule } from '../onnx/likelihood.ts';
import type { Layer } from './layout.ts';
import { biasOffset, DOWN, FIRST, LAST, layerSize, LIMIT, LOGIT, MIDDLE, UP } from './layout.ts';

export const onnx: OnnxFamily = {
  build(graph, { grid, hyper, tensors }, x) {
    const convolve = (name: string, layer: Layer, f: Value, copy = 0) =>
      convolution(
        graph,
        layer,
        tensors[name].subarray(copy * layerSize(layer), (copy + 1) * layerSize(layer)),
        f,
        name,
      );
    const map = graph.reshape(x, -1, 1, grid.height, grid.width);
    let h = graph.clip(convolve('first', FIRST, map), LIMIT);
    for (let b = 0; b < hyper.blocks; b++) {
      const down = convolve('down', DOWN, graph.relu(h), b);
      const middle = convolve('middle', MIDDLE, graph.relu(down), b);
      const up = convolve('up', UP, graph.relu(middle), b);
      h = graph.clip(graph.add(h, up), LIMIT);
    }
    const last = convolve('last', LAST, graph.relu(h));
    const logits = convolve('logit', LOGIT, graph.relu(last));
    return chainRule(graph, x, graph.reshape(logits, -1, pixelCount(grid)));
  },
};

/** `weight` is one layer's share of its tensor. */
function convolution(graph: Graph, layer: Layer, weight: Float32Array, f: Value, name: string): Value {
  const { taps, size, inputs, outputs } = layer;
  const side = Math.sqrt(size);
  const reach = (side - 1) / 2;
  const rows = reach + 1;
  const kernel = new Float32Array(outputs * inputs * rows * side);
  for (const { index } of taps)
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++)
        kernel[(o * inputs + i) * rows * side + index] = weight[(index * inputs + i) * outputs + o];
  const own = graph.constant(kernel, [outputs, inputs, rows, side], name);
  const bias = graph.constant(weight.slice(biasOffset(layer)), [outputs], `${name}_bias`);
  return graph.op('Conv', [f, own, bias], { kernel_shape: [rows, side], pads: [reach, reach, 0, reach] });
}
