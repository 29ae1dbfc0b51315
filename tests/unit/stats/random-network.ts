import fc from 'fast-check';
import { threefry2x32, uniform } from '../../../src/data/rng.ts';
import type { Parents } from '../../../src/stats/networks.ts';

/** A graph over n nodes without a directed cycle, whose order is random too. */
export function randomGraph(n: number): fc.Arbitrary<Parents> {
  const nodes = Array.from({ length: n }, (_, node) => node);
  const edges = fc.array(fc.boolean(), { minLength: n * n, maxLength: n * n });
  const order = fc.shuffledSubarray(nodes, { minLength: n, maxLength: n });
  return fc
    .tuple(order, edges)
    .map(([places, drawn]) =>
      nodes.map((node) => nodes.filter((other) => places[other] < places[node] && drawn[node * n + other])),
    );
}

/** Tables of numbers between 0.05 and 0.95, of a seed. */
export function randomTables(parents: Parents, seed: number): number[][] {
  const pair = new Uint32Array(2);
  return parents.map((list, node) =>
    Array.from({ length: 2 ** list.length }, (_, row) => {
      threefry2x32(seed | 0, 0, node, row, pair);
      return 0.05 + 0.9 * uniform(pair[0]);
    }),
  );
}
