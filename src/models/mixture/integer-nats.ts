import { scaleOf, VECTOR } from '../shared/integer-nats.ts';
import { logSoftmax } from '../shared/math.ts';
import type { Tensors } from '../model.ts';

/** Pixels between two rows of `before`: one word of an image. */
const WORD = 32;

/**
 * A mixture in whole numbers of 1 / `scale` nats. Sums over the pixels of an image are then exact in the 32 bits of a GPU's
 * integers, where sums in f32 would lose the digits that tell log p at hundreds of nats; whatever the order of adding.
 * Rows are padded with 0 to `vectors` times VECTOR components.
 */
export interface FixedPoint {
  /** A power of two, so that dividing by it is exact. */
  readonly scale: number;
  readonly vectors: number;
  /** log theta - log(1 - theta), [n, vectors VECTOR] */
  readonly rows: Int32Array<ArrayBuffer>;
  /** log(1 - theta), [n, vectors VECTOR] */
  readonly off: Int32Array<ArrayBuffer>;
  /** log p(component, no pixel on), [vectors VECTOR] */
  readonly blank: Int32Array<ArrayBuffer>;
  /** log p(component, no pixel before word w on), [words, vectors VECTOR] */
  readonly before: Int32Array<ArrayBuffer>;
}

/** The family's tensors in fixed point, at the finest scale at which no image overflows. */
export function fixedPoint({ weight, logit }: Tensors): FixedPoint {
  const K = weight.length;
  const n = logit.length / K;
  const vectors = Math.ceil(K / VECTOR);
  const padded = vectors * VECTOR;
  const logWeights = logSoftmax(Float64Array.from(weight));
  const logOff = new Float64Array(n * K);
  // The largest |log p(x, k)| that any image has.
  const most = logWeights.map(Math.abs);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < K; k++) {
      const z = logit[i * K + k];
      const tail = Math.log1p(Math.exp(-Math.abs(z)));
      logOff[i * K + k] = -Math.max(z, 0) - tail;
      most[k] += Math.abs(z) + tail;
    }
  }
  const scale = scaleOf(most, n);
  const rows = new Int32Array(n * padded);
  const off = new Int32Array(n * padded);
  const before = new Int32Array(Math.ceil(n / WORD) * padded);
  const sum = logWeights.slice();
  for (let i = 0; i < n; i++) {
    if (i % WORD === 0) round(sum, scale, before, (i / WORD) * padded);
    for (let k = 0; k < K; k++) {
      rows[i * padded + k] = Math.round(logit[i * K + k] * scale);
      off[i * padded + k] = Math.round(logOff[i * K + k] * scale);
      sum[k] += logOff[i * K + k];
    }
  }
  const blank = new Int32Array(padded);
  round(sum, scale, blank, 0);
  return { scale, vectors, rows, off, blank, before };
}

function round(values: Float64Array, scale: number, out: Int32Array, at: number): void {
  for (let k = 0; k < values.length; k++) out[at + k] = Math.round(values[k] * scale);
}
