import { sigmoid } from '../shared/math.ts';
import { componentFeatures } from '../shared/component-features.ts';
import type { CpuFeatures, Model } from '../types.ts';
import { treeOrder } from '../bayes-net/layout.ts';
import { JointReader } from './joint.ts';
import { type Tree, treesOf } from './trees.ts';

/** The trees as units, each with the mean of its images. */
export function treeFeatures(model: Model): CpuFeatures {
  return componentFeatures(
    model.tensors.weight.length,
    () => new JointReader(model),
    () => Float32Array.from(treesOf(model).flatMap((tree) => [...marginalsOf(tree)])),
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
