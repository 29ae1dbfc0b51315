import { sigmoid } from '../shared/math.ts';
import { componentFeatures } from '../shared/component-features.ts';
import type { CpuFeatures } from '../features.ts';
import type { Model } from '../model.ts';
import { treeOrder } from '../bayes-net/layout.ts';
import { JointReader } from './joint.ts';
import { type Tree, treesOf } from './trees.ts';

/** The trees as units, each with the mean of its images and its edges. */
export function treeFeatures(model: Model): CpuFeatures {
  return componentFeatures(
    model.tensors.weight,
    () => new JointReader(model),
    () => Float32Array.from(treesOf(model).flatMap((tree) => [...marginalsOf(tree)])),
    () => {
      const trees = treesOf(model);
      return {
        parents: Int32Array.from(trees.flatMap(({ parent }) => [...parent])),
        nats: Float32Array.from(trees.flatMap((tree) => [...edgeInformation(tree)])),
      };
    },
  );
}

/** p(x_i = 1) of every pixel, from the root down: [n]. */
export function marginalsOf({ parent, logit }: Tree): Float64Array<ArrayBuffer> {
  const p = new Float64Array(parent.length);
  for (const i of treeOrder(parent)) {
    const above = parent[i] < 0 ? 0 : p[parent[i]];
    p[i] = (1 - above) * sigmoid(logit[2 * i]) + above * sigmoid(logit[2 * i + 1]);
  }
  return p;
}

/**
 * Mutual information of every pixel and its parent in nats, [n]; 0 of the root: by how much the parent lowers the pixel's entropy, which is what
 * the edge adds to the mean log-likelihood of the tree's own images (Chow and Liu 1968).
 */
export function edgeInformation(tree: Tree): Float64Array<ArrayBuffer> {
  const p = marginalsOf(tree);
  return p.map((on, i) => {
    if (tree.parent[i] < 0) return 0;
    const above = p[tree.parent[i]];
    const [whenOff, whenOn] = [sigmoid(tree.logit[2 * i]), sigmoid(tree.logit[2 * i + 1])];
    return Math.max(0, entropy(on) - (1 - above) * entropy(whenOff) - above * entropy(whenOn));
  });
}

/** Of a pixel that is on with probability p, in nats. */
function entropy(p: number): number {
  return p <= 0 || p >= 1 ? 0 : -p * Math.log(p) - (1 - p) * Math.log1p(-p);
}
