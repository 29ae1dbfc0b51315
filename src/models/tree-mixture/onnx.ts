/** A scan from tree to tree: all of them at once would take the components times the pixels for every image. */
import { pixelCount } from '../../data/images.ts';
import type { OnnxFamily } from '../onnx/family.ts';
import { BATCH } from '../onnx/graph.ts';
import { logBernoulli, sumOverPixels, withPixelOff } from '../onnx/likelihood.ts';
import { logSoftmax } from '../shared/math.ts';
import { treesOf } from './trees.ts';

export const onnx: OnnxFamily = {
  withoutLogits:
    'A pixel given those before it is a sum over all later pixels of every tree: a graph would pass messages through every tree once for each pixel.',
  build(graph, model, x) {
    const n = pixelCount(model.grid);
    const trees = treesOf(model);
    const K = trees.length;
    // The parent of a root is the pixel that is always off, so that it looks at its first number.
    const parents = trees.flatMap(({ parent }) => Array.from(parent, (p) => (p < 0 ? n : p)));
    const logit = graph.constant(model.tensors.logit, [K, n, 2], 'logit');
    const extended = withPixelOff(graph, x);
    const pixels = { type: 'float', shape: [n] } as const;
    const [nats] = graph.scan({
      states: [],
      inputs: [
        { value: graph.places(parents, [K, n]), type: 'int32', shape: [n] },
        { value: graph.gather(logit, graph.scalarInteger(0), 2), ...pixels },
        { value: graph.gather(logit, graph.scalarInteger(1), 2), ...pixels },
      ],
      outputs: [{ type: 'double', shape: [BATCH], axis: 1 }],
      step: (inner, _, [parent, whenOff, whenOn]) => {
        const shown = inner.cast(inner.gather(extended, parent, 1), 'bool');
        const z = inner.where(shown, whenOn, whenOff);
        return { states: [], outputs: [sumOverPixels(inner, logBernoulli(inner, x, z))] };
      },
    });
    const logWeights = logSoftmax(Float64Array.from(model.tensors.weight));
    const joint = graph.add(nats, graph.constant(logWeights, [K], 'log_weight'));
    return { logP: graph.logSumExp(joint), logits: null };
  },
};
