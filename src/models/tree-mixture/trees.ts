import { treeParents } from '../bayes-net/layout.ts';
import type { Model } from '../model.ts';

/** One tree of the mixture: every pixel looks at its parent, the root at none. */
export interface Tree {
  /** -1 for the root, [n] */
  readonly parent: Int32Array<ArrayBuffer>;
  /** Logit of p(x_i = 1 | parent = u) at 2 i + u, [n, 2]; the second of a root is idle. A view. */
  readonly logit: Float32Array<ArrayBuffer>;
}

/** The trees of a model, [K], out of its tensors `parent` [K, n] and `logit` [K, n, 2]. */
export function treesOf({ tensors: { weight, parent, logit } }: Model): readonly Tree[] {
  const n = parent.length / weight.length;
  return Array.from(weight, (_, k) => ({
    parent: treeParents(parent.subarray(k * n, (k + 1) * n)),
    logit: logit.subarray(2 * k * n, 2 * (k + 1) * n),
  }));
}

/** Whether no pixel of any tree looks at its parent: the components are then independent pixels, as EM starts with. */
export function isFlat(logit: Float32Array): boolean {
  for (let at = 0; at < logit.length; at += 2) if (logit[at] !== logit[at + 1]) return false;
  return true;
}
