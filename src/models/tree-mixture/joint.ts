import type { PackedImages } from '../../data/images.ts';
import { pixelCount, unpackImage } from '../../data/images.ts';
import { logSoftmax, softplus } from '../shared/math.ts';
import type { ComponentReader } from '../shared/component-features.ts';
import type { Model } from '../model.ts';
import { treesOf } from './trees.ts';

/**
 * What log p(x, k) is made of. It is linear in the pixels and in the products of each with its parent:
 *   log p(x, k) = blank_k + sum over on-pixels i of (node_ik + x_pa(i) pair_ik),
 * where pair is the second logit less the first and node holds what the pixel's own first logit adds, and what an on-parent takes
 * from and gives to its children that are off.
 */
export interface LinearTrees {
  /** log p(blank image, k), [K] */
  readonly blank: Float64Array<ArrayBuffer>;
  /** [n, K] */
  readonly node: Float64Array<ArrayBuffer>;
  /** [n, K]; 0 for roots */
  readonly pair: Float64Array<ArrayBuffer>;
  /** [n, K]; of roots the pixel itself */
  readonly parent: Int32Array<ArrayBuffer>;
}

/** A model's terms, the components of one pixel side by side. */
export function linearTrees(model: Model): LinearTrees {
  const n = pixelCount(model.grid);
  const blank = logSoftmax(Float64Array.from(model.tensors.weight));
  const K = blank.length;
  const node = new Float64Array(n * K);
  const pair = new Float64Array(n * K);
  const parent = new Int32Array(n * K);
  treesOf(model).forEach((tree, k) => {
    for (let i = 0; i < n; i++) {
      const [off, on] = [tree.logit[2 * i], tree.logit[2 * i + 1]];
      const p = tree.parent[i];
      blank[k] -= softplus(off);
      node[i * K + k] += off;
      parent[i * K + k] = p < 0 ? i : p;
      if (p < 0) continue;
      pair[i * K + k] = on - off;
      node[p * K + k] += softplus(off) - softplus(on);
    }
  });
  return { blank, node, pair, parent };
}

/** log p(x, k) of all components of one image after the other. */
export class JointReader implements ComponentReader {
  readonly n: number;
  /** log p(x, k) of the image read last, [K] */
  readonly joint: Float64Array<ArrayBuffer>;
  readonly #x: Uint8Array;
  readonly #terms: LinearTrees;

  constructor(model: Model) {
    this.n = pixelCount(model.grid);
    this.#x = new Uint8Array(this.n);
    this.#terms = linearTrees(model);
    this.joint = new Float64Array(this.#terms.blank.length);
  }

  /** Fills `joint` for one image; returns the largest of them. */
  read(images: PackedImages, image: number): number {
    const { blank, node, pair, parent } = this.#terms;
    const { joint, n } = this;
    const K = joint.length;
    const x = unpackImage(images, image, this.#x);
    joint.set(blank);
    for (let i = 0; i < n; i++) {
      if (x[i] === 0) continue;
      const row = i * K;
      for (let k = 0; k < K; k++) joint[k] += node[row + k] + x[parent[row + k]] * pair[row + k];
    }
    let most = joint[0];
    for (let k = 1; k < K; k++) if (joint[k] > most) most = joint[k];
    return most;
  }
}
