/**
 * Exact inference in networks in which every pixel has one parent at most: a forest. Pearl, "Probabilistic reasoning in
 * intelligent systems", 1988, chapter 4, in logarithms. With e_i the known pixels among i and its descendants:
 *
 *   lambda_i(v) = log p(e_i | x_i = v) = log [x_i is not known to be other than v] + sum over children c of m_c(v)
 *   m_i(u)      = log p(e_i | x_pa(i) = u) = log sum_v p(x_i = v | x_pa(i) = u) exp lambda_i(v)
 *
 * going up from the leaves; the roots' messages add up to log p(known). Going down again, what is left to draw is a network
 * with the same parents and other tables:
 *
 *   logit p(x_i = 1 | x_pa(i) = u, known) = logit p(x_i = 1 | x_pa(i) = u) + lambda_i(1) - lambda_i(0),
 *
 * infinite at known pixels.
 */
import { getPixel, type PackedImages, wordsPerImage } from '../../data/images.ts';
import { logAddExp, logBernoulli } from '../shared/math.ts';
import { oncePerMask } from '../shared/once-per-mask.ts';
import { PLAIN, SOFTPLUS } from '../shared/work.ts';
import type { Structure } from './layout.ts';

/** The messages of one network, one image at a time. */
export class Messages {
  readonly #n: number;
  /** [n], -1 at roots */
  readonly #parent: Int32Array;
  /** log p(x_i = v | x_pa(i) = u) at 4 i + 2 u + v, [n, 2, 2] */
  readonly #logTable: Float64Array;
  /** lambda_i(v) at 2 i + v, [n, 2] */
  readonly #lambda: Float64Array;
  /** [n] */
  readonly #known: Uint8Array;
  /** Pixels with a known one among themselves and their descendants, children first; the others' messages are 0. */
  #telling = new Int32Array();

  constructor(
    readonly logit: Float32Array,
    readonly structure: Structure,
  ) {
    const { parents, tables } = structure;
    this.#n = parents.length;
    this.#parent = Int32Array.from(parents, (list) => list[0] ?? -1);
    this.#logTable = new Float64Array(4 * this.#n);
    for (let i = 0; i < this.#n; i++) {
      for (let u = 0; u < 2; u++) {
        const z = logit[tables[i] + (parents[i].length > 0 ? u : 0)];
        for (let v = 0; v < 2; v++) this.#logTable[4 * i + 2 * u + v] = logBernoulli(v, z);
      }
    }
    this.#lambda = new Float64Array(2 * this.#n);
    this.#known = new Uint8Array(this.#n);
  }

  /** Takes the first image of `known` as the mask. */
  know(known: PackedImages): void {
    this.#telling = this.#tellingOf(known);
  }

  /** Work of `pass` with the mask of now: see ScoringWork. A pixel sends one message for each value of its parent. */
  get work(): number {
    return this.#telling.reduce((sum, i) => sum + 2 * (this.#known[i] ? 2 * PLAIN : SOFTPLUS), 0);
  }

  readonly #tellingOf = oncePerMask((known) => {
    const telling = this.#known.map((_, i) => (this.#known[i] = getPixel(known, 0, i)));
    const upwards = this.structure.order.toReversed();
    for (const i of upwards) if (telling[i] && this.#parent[i] >= 0) telling[this.#parent[i]] = 1;
    return Int32Array.from(upwards.filter((i) => telling[i]));
  });

  /** Passes the messages of one image up; returns log p of its known pixels in nats. */
  pass(images: PackedImages, image: number): number {
    const lambda = this.#lambda.fill(0);
    const table = this.#logTable;
    const known = this.#known;
    const parents = this.#parent;
    const { words } = images;
    const start = image * wordsPerImage(images.grid);
    const telling = this.#telling;
    let total = 0;
    for (let at = 0; at < telling.length; at++) {
      const i = telling[at];
      let whenOff: number;
      let whenOn: number;
      if (known[i]) {
        const v = (words[start + (i >> 5)] >>> (i & 31)) & 1;
        lambda[2 * i + 1 - v] = -Infinity;
        whenOff = table[4 * i + v] + lambda[2 * i + v];
        whenOn = table[4 * i + 2 + v] + lambda[2 * i + v];
      } else {
        const off = lambda[2 * i];
        const on = lambda[2 * i + 1];
        whenOff = logAddExp(table[4 * i] + off, table[4 * i + 1] + on);
        whenOn = logAddExp(table[4 * i + 2] + off, table[4 * i + 3] + on);
      }
      const parent = parents[i];
      if (parent < 0) {
        total += whenOff;
      } else {
        lambda[2 * parent] += whenOff;
        lambda[2 * parent + 1] += whenOn;
      }
    }
    return total;
  }

  /** Tables given the known pixels of the image passed last, laid out like the tensor `logit`. */
  posteriorLogits(): Float32Array<ArrayBuffer> {
    const { tables } = this.structure;
    const posterior = Float32Array.from(this.logit);
    for (let i = 0; i < this.#n; i++) {
      const logRatio = this.#lambda[2 * i + 1] - this.#lambda[2 * i];
      for (let entry = tables[i]; entry < tables[i + 1]; entry++) posterior[entry] += logRatio;
    }
    return posterior;
  }
}
