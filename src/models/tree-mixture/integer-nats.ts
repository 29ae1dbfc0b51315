import { pixelCount } from '../../data/images.ts';
import { scaleOf, VECTOR } from '../shared/integer-nats.ts';
import { logSoftmax, softplus } from '../shared/math.ts';
import type { Model } from '../model.ts';
import { linearTrees } from './joint.ts';

/**
 * The terms of log p(x, k) in whole numbers of 1 / `scale` nats, as those of mixture/integer-nats.ts. Rows are padded with 0 to `vectors`
 * times VECTOR components. Single terms may be larger than 32 bits hold: they wrap around, and the sums come out right.
 */
export interface FixedTrees {
  /** A power of two, so that dividing by it is exact. */
  readonly scale: number;
  readonly vectors: number;
  /** [n, vectors VECTOR] */
  readonly node: Int32Array<ArrayBuffer>;
  readonly pair: Int32Array<ArrayBuffer>;
  /** [n, vectors VECTOR]; of roots and of the padding the pixel itself */
  readonly parents: Uint32Array<ArrayBuffer>;
  /** log p(blank image, k), [vectors VECTOR] */
  readonly blank: Int32Array<ArrayBuffer>;
  /** log pi_k, [K] */
  readonly weight: Int32Array<ArrayBuffer>;
}

/** The model's terms at the finest scale at which no log p(x, k) overflows. */
export function fixedTrees(model: Model): FixedTrees {
  const { logit } = model.tensors;
  const n = pixelCount(model.grid);
  const logWeights = logSoftmax(Float64Array.from(model.tensors.weight));
  const K = logWeights.length;
  // The largest |log p(x, k)| that any image has, at most.
  const most = logWeights.map((nats, k) => {
    let sum = Math.abs(nats);
    for (let at = 2 * k * n; at < 2 * (k + 1) * n; at += 2)
      sum += softplus(Math.max(Math.abs(logit[at]), Math.abs(logit[at + 1])));
    return sum;
  });
  const scale = scaleOf(most, n);
  const terms = linearTrees(model);
  const vectors = Math.ceil(K / VECTOR);
  const padded = (values: Float64Array) => {
    const rows = values.length / K;
    const out = new Int32Array(rows * vectors * VECTOR);
    for (let row = 0; row < rows; row++)
      for (let k = 0; k < K; k++) out[row * vectors * VECTOR + k] = Math.round(values[row * K + k] * scale);
    return out;
  };
  const parents = new Uint32Array(n * vectors * VECTOR);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < vectors * VECTOR; k++)
      parents[i * vectors * VECTOR + k] = k < K ? terms.parent[i * K + k] : i;
  return {
    scale,
    vectors,
    node: padded(terms.node),
    pair: padded(terms.pair),
    parents,
    blank: padded(terms.blank),
    weight: Int32Array.from(logWeights, (nats) => Math.round(nats * scale)),
  };
}
