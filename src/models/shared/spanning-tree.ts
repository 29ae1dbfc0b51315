/** Weight of the edge between two nodes, the same in both directions. */
export type EdgeWeight = (i: number, j: number) => number;

/**
 * The maximum spanning tree of n nodes by R. C. Prim's algorithm (Bell System Technical Journal 36, 1957): the parent of every
 * node, -1 for the root, `[n]`. Of edges that weigh the same, the one with the lower first node counts as the
 * heavier, then the one with the lower second node, so that there is one such tree only.
 */
export function heaviestTree(n: number, root: number, weightOf: EdgeWeight): Int32Array<ArrayBuffer> {
  const parent = new Int32Array(n).fill(-1);
  const weight = new Float64Array(n).fill(-Infinity);
  const outside = Uint8Array.from({ length: n }, () => 1);
  const heavier = (node: number, by: number, other: number, from: number) =>
    by !== weight[other] ? by > weight[other] : before(from, node, parent[other], other);
  for (let added = root; added >= 0;) {
    outside[added] = 0;
    let next = -1;
    for (let node = 0; node < n; node++) {
      if (!outside[node]) continue;
      const by = weightOf(added, node);
      if (parent[node] < 0 || heavier(node, by, node, added)) {
        weight[node] = by;
        parent[node] = added;
      }
      if (next < 0 || heavier(node, weight[node], next, parent[node])) next = node;
    }
    added = next;
  }
  return parent;
}

/** Whether the edge between a and b comes before the one between c and d: by its lower node, then by its higher. */
function before(a: number, b: number, c: number, d: number): boolean {
  const first = Math.min(a, b) - Math.min(c, d);
  return first !== 0 ? first < 0 : Math.max(a, b) < Math.max(c, d);
}

/**
 * The same tree as it is defined, for the definitions of families: J. B. Kruskal's algorithm (Proceedings of the AMS 7, 1956) over all pairs of
 * nodes, heaviest first and of equals the one with the lower nodes first.
 */
export function heaviestTreeByPairs(n: number, root: number, weightOf: EdgeWeight): Int32Array<ArrayBuffer> {
  const edges = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n - i - 1 }, (_, later) => {
      const j = i + 1 + later;
      return { i, j, weight: weightOf(i, j) };
    }),
  ).flat();
  edges.sort((one, other) => other.weight - one.weight || one.i - other.i || one.j - other.j);
  const component = Array.from({ length: n }, (_, i) => i);
  const neighbours: number[][] = component.map(() => []);
  for (const { i, j } of edges) {
    if (component[i] === component[j]) continue;
    const old = component[j];
    component.forEach((name, node) => (component[node] = name === old ? component[i] : name));
    neighbours[i].push(j);
    neighbours[j].push(i);
  }
  const parent = new Int32Array(n).fill(-1);
  const reached = [root];
  // Grows while it is walked.
  for (const node of reached) {
    for (const next of neighbours[node]) {
      if (next === parent[node]) continue;
      parent[next] = node;
      reached.push(next);
    }
  }
  return parent;
}
