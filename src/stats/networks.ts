/**
 * Bayesian networks: directed graphs without a directed cycle, and tables of each node given its parents. Pearl, "Probabilistic
 * reasoning in intelligent systems", 1988.
 */

/** Parents of every node, [n] lists. Parent number b of a node is bit b of the number of a row of its table. */
export type Parents = readonly (readonly number[])[];

/** The nodes with parents before children, of those that may come next always the lowest; null where there is a directed cycle. */
export function orderOf(parents: Parents): number[] | null {
  const order: number[] = [];
  const placed = new Set<number>();
  while (order.length < parents.length) {
    const next = parents.findIndex(
      (list, node) => !placed.has(node) && list.every((each) => placed.has(each)),
    );
    if (next < 0) return null;
    order.push(next);
    placed.add(next);
  }
  return order;
}

/** The children of every node, [n] lists, ascending. */
export function childrenOf(parents: Parents): number[][] {
  const children: number[][] = parents.map(() => []);
  parents.forEach((list, node) => {
    for (const parent of list) children[parent].push(node);
  });
  return children;
}

/**
 * The directed cycle that an edge `from` -> `to` would close, as the nodes along it: `from`, `to`, ..., `from`, a shortest one; null
 * where it closes none.
 */
export function cycleBy(parents: Parents, from: number, to: number): number[] | null {
  if (from === to) return [from, to];
  const children = childrenOf(parents);
  const before = new Map<number, number>([[to, from]]);
  // Grows while it is walked.
  const reached = [to];
  for (const node of reached) {
    for (const child of children[node]) {
      if (before.has(child)) continue;
      before.set(child, node);
      reached.push(child);
      if (child === from) return walkBack(before, from);
    }
  }
  return null;
}

function walkBack(before: ReadonlyMap<number, number>, from: number): number[] {
  const cycle = [from];
  let at = before.get(from);
  while (at !== undefined && at !== from) {
    cycle.unshift(at);
    at = before.get(at);
  }
  return [from, ...cycle];
}

/** The Markov blanket: parents, children and the children's other parents, ascending. Given it, a node is independent of all others. */
export function blanketOf(parents: Parents, node: number): number[] {
  const children = childrenOf(parents)[node];
  const blanket = new Set([...parents[node], ...children, ...children.flatMap((child) => parents[child])]);
  blanket.delete(node);
  return [...blanket].sort((a, b) => a - b);
}

/**
 * Free numbers of all tables: for each node one less than its number of values, times the combinations of its parents' values.
 * `values` are the numbers of values, [n]; two by default.
 */
export function freeNumbers(parents: Parents, values: readonly number[] = parents.map(() => 2)): bigint {
  return parents.reduce(
    (sum, list, node) =>
      sum + BigInt(values[node] - 1) * list.reduce((rows, parent) => rows * BigInt(values[parent]), 1n),
    0n,
  );
}

/** The number of the row of a table that is in force: bit b is the value of parent number b. `value` gives a node's 0 or 1. */
export function rowOf(list: readonly number[], value: (node: number) => number): number {
  return list.reduce((row, parent, bit) => row + value(parent) * 2 ** bit, 0);
}

/**
 * p of all 2^n values of n binary nodes, [2^n]: bit i of the number is the value of node i. `tables` are p(node = 1 | row), [n] lists
 * [2^parents]. Throws RangeError beyond 16 nodes.
 */
export function jointOf(parents: Parents, tables: readonly ArrayLike<number>[]): Float64Array<ArrayBuffer> {
  const n = parents.length;
  if (n > 16) throw new RangeError(`parents: 2^${n} values cannot be listed; at most 16 nodes`);
  const joint = new Float64Array(2 ** n);
  for (let x = 0; x < joint.length; x++) {
    let product = 1;
    for (let node = 0; node < n; node++) {
      const p = tables[node][rowOf(parents[node], (each) => (x >>> each) & 1)];
      product *= (x >>> node) & 1 ? p : 1 - p;
    }
    joint[x] = product;
  }
  return joint;
}

/** What is known of every node, [n]: 0, 1, or `UNKNOWN`. */
export type Evidence = ArrayLike<number>;
export const UNKNOWN = -1;

/**
 * p(node = 1 | evidence) of every node, [n], and p(evidence), by summing the joint, [2^n]. NaN where the evidence has probability 0.
 */
export function beliefsByEnumeration(
  joint: ArrayLike<number>,
  evidence: Evidence,
): { readonly beliefs: Float64Array<ArrayBuffer>; readonly evidence: number } {
  const sums = new Float64Array(evidence.length);
  let total = 0;
  for (let x = 0; x < joint.length; x++) {
    if (!agrees(x, evidence)) continue;
    total += joint[x];
    for (let node = 0; node < sums.length; node++) if ((x >>> node) & 1) sums[node] += joint[x];
  }
  return { beliefs: sums.map((sum) => sum / total), evidence: total };
}

/** Whether the values numbered `x` are those that are known. */
export function agrees(x: number, evidence: Evidence): boolean {
  for (let node = 0; node < evidence.length; node++)
    if (evidence[node] !== UNKNOWN && ((x >>> node) & 1) !== evidence[node]) return false;
  return true;
}
