import { pixelCount } from '../../../src/data/images.ts';
import type { OpenPeerModel } from './ops.ts';

/** From pixel to pixel, or all pixels at once by sums of the rows of the pixels before. */
export const nade: OpenPeerModel = ({ grid, tensors }) => {
  const n = pixelCount(grid);
  const width = tensors.hidden_bias.length;
  const rows = [n, width];
  return {
    constants: {
      bias: { kind: 'array', shape: [n, 1], values: tensors.bias },
      hidden_bias: { kind: 'array', shape: [width], values: tensors.hidden_bias },
      input: { kind: 'array', shape: rows, values: tensors.input },
      output: { kind: 'array', shape: rows, values: tensors.output },
    },
    learnt: ['bias', 'hidden_bias', 'input', 'output'],
    masks: {},
    logits(ops, { bias, hidden_bias: c, input: w, output: v }, x) {
      const a = ops.add(ops.sumsBefore(ops.multiply(ops.reshape(x, [-1, n, 1]), w)), c);
      const z = ops.add(ops.sum(ops.multiply(ops.sigmoid(a), v)), bias);
      return ops.reshape(z, [-1, n]);
    },
    recurrence: {
      scores: true,
      initial: 'hidden_bias',
      rows: ['bias', 'input', 'output'],
      logit: (ops, a, [b, , v]) => ops.add(ops.product(ops.sigmoid(a), ops.reshape(v, [width, 1])), b),
      next: (ops, a, [, w], x) => ops.add(a, ops.multiply(x, w)),
    },
    scoredAtOnce: 20,
    learntAtOnce: 16,
  };
};
