/** log p by one product of matrices; the logits by a scan that weighs the components anew after every pixel. */
import { pixelCount } from '../../data/images.ts';
import type { OnnxFamily } from '../onnx/family.ts';
import { mixPixels } from '../onnx/likelihood.ts';
import { logSoftmax, softplus } from '../shared/math.ts';

export const onnx: OnnxFamily = {
  build(graph, { grid, tensors }, x) {
    const n = pixelCount(grid);
    const K = tensors.weight.length;
    const logWeights = logSoftmax(Float64Array.from(tensors.weight));
    // log p(x, k) = log pi_k + sum_i log(1 - theta_ki) + sum_i x_i logit_ki
    const allOff = logWeights.map((logPi, k) => {
      let sum = logPi;
      for (let i = 0; i < n; i++) sum -= softplus(tensors.logit[i * K + k]);
      return sum;
    });
    const logit = graph.constant(tensors.logit, [n, K], 'logit');
    const on = graph.product(graph.cast(x, 'double'), graph.cast(logit, 'double'));
    return {
      logP: graph.logSumExp(graph.add(on, graph.constant(allOff, [K], 'all_off'))),
      logits: mixPixels(graph, x, {
        prior: graph.constant(logWeights, [K], 'log_weight'),
        components: K,
        pixels: graph.transpose(x, 1, 0),
        logits: logit,
        perImage: false,
      }),
    };
  },
};
