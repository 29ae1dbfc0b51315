import { pixelCount } from '../../../src/data/images.ts';
import { rowBases } from '../../../src/models/fvsbn/layout.ts';
import type { OpenPeerModel } from './ops.ts';

/** A product with the triangle of weights as a full matrix; a mask keeps what is learnt a triangle. */
export const fvsbn: OpenPeerModel = ({ grid, tensors: { bias, weight } }) => {
  const n = pixelCount(grid);
  const bases = rowBases(n);
  const [full, mask] = [new Float32Array(n * n), new Float32Array(n * n)];
  for (let j = 0; j < n; j++) {
    for (let i = j + 1; i < n; i++) {
      full[j * n + i] = weight[bases[j] + i];
      mask[j * n + i] = 1;
    }
  }
  return {
    constants: {
      bias: { kind: 'array', shape: [n], values: bias },
      weight: { kind: 'array', shape: [n, n], values: full },
    },
    learnt: ['bias', 'weight'],
    masks: { weight: { kind: 'array', shape: [n, n], values: mask } },
    logits: (ops, { bias: b, weight: w }, x) => ops.add(ops.product(x, w), b),
    recurrence: {
      scores: false,
      initial: 'bias',
      rows: ['weight'],
      logit: (ops, state, _rows, place) => ops.column(state, place),
      next: (ops, state, [w], x) => ops.add(state, ops.multiply(x, w)),
    },
    scoredAtOnce: 1000,
    learntAtOnce: 128,
  };
};
