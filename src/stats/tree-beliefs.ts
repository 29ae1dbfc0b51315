/**
 * Beliefs in a tree, or a forest, of binary nodes by message passing: Pearl, "Probabilistic reasoning in intelligent systems", 1988,
 * chapter 4. Going up from the leaves, lambda_i(v) is p(evidence at i and below | x_i = v); going down, pi_i(v) is
 * p(x_i = v, evidence elsewhere); the belief is their product, divided by its sum. Each is scaled to sum to 1.
 */
import { type Evidence, UNKNOWN } from './networks.ts';

export interface TreeBeliefs {
  /** p(x_i = 1 | evidence), [n]; NaN where the evidence has probability 0. */
  readonly beliefs: Float64Array<ArrayBuffer>;
  /** log p(evidence) in nats. */
  readonly logEvidence: number;
  /** Scaled lambda_i(v) and pi_i(v) at 2 i + v, [n, 2]. */
  readonly lambda: Float64Array<ArrayBuffer>;
  readonly pi: Float64Array<ArrayBuffer>;
}

/**
 * `parent` [n], -1 at roots; `tables` p(x_i = 1 | x_parent = u) at 2 i + u, [n, 2], roots using u = 0. Throws RangeError where the
 * parents form a cycle.
 */
export function treeBeliefs(
  parent: ArrayLike<number>,
  tables: ArrayLike<number>,
  evidence: Evidence,
): TreeBeliefs {
  const n = parent.length;
  const order = downwards(parent);
  const lambda = new Float64Array(2 * n);
  for (let i = 0; i < n; i++)
    for (let v = 0; v < 2; v++) lambda[2 * i + v] = evidence[i] === UNKNOWN || evidence[i] === v ? 1 : 0;
  const p = (i: number, u: number, v: number): number => (v ? tables[2 * i + u] : 1 - tables[2 * i + u]);
  /** Message of node i to its parent: p(evidence at i and below | parent = u), scaled, at 2 i + u. */
  const message = new Float64Array(2 * n);
  const children: number[][] = Array.from({ length: n }, () => []);
  let logEvidence = 0;
  for (const i of order.toReversed()) {
    logEvidence += scale(lambda, i);
    if (parent[i] < 0) {
      logEvidence += Math.log(p(i, 0, 0) * lambda[2 * i] + p(i, 0, 1) * lambda[2 * i + 1]);
      continue;
    }
    children[parent[i]].push(i);
    for (let u = 0; u < 2; u++)
      message[2 * i + u] = p(i, u, 0) * lambda[2 * i] + p(i, u, 1) * lambda[2 * i + 1];
    logEvidence += scale(message, i);
    for (let u = 0; u < 2; u++) lambda[2 * parent[i] + u] *= message[2 * i + u];
  }
  const pi = new Float64Array(2 * n);
  for (const i of order) {
    const from = parent[i];
    for (let v = 0; v < 2; v++) {
      if (from < 0) pi[2 * i + v] = p(i, 0, v);
      else
        for (let u = 0; u < 2; u++) {
          if (evidence[from] !== UNKNOWN && evidence[from] !== u) continue;
          // All that the parent knows but what this child has told it. A quotient would be 0 / 0 for impossible values.
          let rest = pi[2 * from + u];
          for (const other of children[from]) if (other !== i) rest *= message[2 * other + u];
          pi[2 * i + v] += p(i, u, v) * rest;
        }
    }
    scale(pi, i);
  }
  const beliefs = Float64Array.from({ length: n }, (_, i) => {
    const on = pi[2 * i + 1] * lambda[2 * i + 1];
    return on / (on + pi[2 * i] * lambda[2 * i]);
  });
  return { beliefs, logEvidence, lambda, pi };
}

/** Divides the two values of a node by their sum; returns its logarithm. */
function scale(values: Float64Array, i: number): number {
  const sum = values[2 * i] + values[2 * i + 1];
  values[2 * i] /= sum;
  values[2 * i + 1] /= sum;
  return Math.log(sum);
}

/** Parents before children, [n]. */
function downwards(parent: ArrayLike<number>): number[] {
  const n = parent.length;
  const children: number[][] = Array.from({ length: n }, () => []);
  const order: number[] = [];
  for (let i = 0; i < n; i++) (parent[i] < 0 ? order : children[parent[i]]).push(i);
  // Grows while it is walked.
  for (const i of order) order.push(...children[i]);
  if (order.length < n) throw new RangeError('parent: some nodes lead to no root, so there is a cycle');
  return order;
}
