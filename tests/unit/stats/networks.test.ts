import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conditionalInformation } from '../../../src/stats/conditional-information.ts';
import { openTrail, separated, trailsBetween } from '../../../src/stats/d-separation.ts';
import {
  beliefsByEnumeration,
  blanketOf,
  childrenOf,
  cycleBy,
  freeNumbers,
  jointOf,
  orderOf,
  type Parents,
  rowOf,
} from '../../../src/stats/networks.ts';
import { treeBeliefs } from '../../../src/stats/tree-beliefs.ts';
import { randomGraph, randomTables } from './random-network.ts';

/** a -> c <- b, c -> d */
const COLLIDER: Parents = [[], [], [0, 1], [2]];

describe('a directed graph', () => {
  it('has an order with parents first, or a cycle', () => {
    expect(orderOf([[2], [0], []])).toEqual([2, 0, 1]);
    expect(orderOf([[1], [2], [0]])).toBeNull();
  });

  it('tells the cycle that an edge would close', () => {
    const chain: Parents = [[], [0], [1], [2]];
    expect(cycleBy(chain, 3, 0)).toEqual([3, 0, 1, 2, 3]);
    expect(cycleBy(chain, 2, 1)).toEqual([2, 1, 2]);
    expect(cycleBy(chain, 0, 3)).toBeNull();
    expect(cycleBy(chain, 1, 1)).toEqual([1, 1]);
  });

  it('closes a cycle by an edge exactly where no order is left', () => {
    fc.assert(
      fc.property(randomGraph(6), fc.nat(5), fc.nat(5), (parents, from, to) => {
        const cycle = cycleBy(parents, from, to);
        const after = parents.map((list, node) => (node === to ? [...list, from] : list));
        expect(cycle === null).toBe(orderOf(after) !== null);
        for (let i = 0; cycle && i + 1 < cycle.length; i++) expect(after[cycle[i + 1]]).toContain(cycle[i]);
      }),
    );
  });

  it('has a Markov blanket: parents, children and the other parents of these', () => {
    expect(childrenOf(COLLIDER)).toEqual([[2], [2], [3], []]);
    expect(blanketOf(COLLIDER, 0)).toEqual([1, 2]);
    expect(blanketOf(COLLIDER, 2)).toEqual([0, 1, 3]);
    expect(blanketOf(COLLIDER, 3)).toEqual([2]);
  });

  it('separates a node from all others by its blanket', () => {
    fc.assert(
      fc.property(randomGraph(7), fc.nat(6), (parents, node) => {
        const blanket = new Set(blanketOf(parents, node));
        for (let other = 0; other < 7; other++)
          if (other !== node && !blanket.has(other))
            expect(separated(parents, node, other, blanket)).toBe(true);
      }),
    );
  });

  it('counts free numbers of tables', () => {
    expect(freeNumbers(COLLIDER)).toBe(1n + 1n + 4n + 2n);
    expect(freeNumbers([[], []], [2, 256])).toBe(256n);
    // A die whose faces decide which of two coins is flipped: 5 + 6.
    expect(freeNumbers([[], [0]], [6, 2])).toBe(11n);
  });

  it('needs 2^n - 1 numbers where every node has all earlier ones as parents', () => {
    for (let n = 1; n <= 12; n++) {
      const full = Array.from({ length: n }, (_, i) => Array.from({ length: i }, (__, j) => j));
      expect(freeNumbers(full)).toBe(2n ** BigInt(n) - 1n);
    }
  });
});

describe('the joint of a network', () => {
  it('is the product of its tables', () => {
    const joint = jointOf(COLLIDER, [[0.3], [0.6], [0.1, 0.2, 0.4, 0.9], [0.25, 0.75]]);
    // a = 1, b = 0, c = 1, d = 0
    expect(joint[0b0101]).toBeCloseTo(0.3 * 0.4 * 0.2 * 0.25, 14);
    expect(joint.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  });

  it('is reproduced by full tables in every order of the nodes', () => {
    const n = 4;
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 16, maxLength: 16 }),
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: n, maxLength: n }),
        (weights, order) => {
          const total = weights.reduce((sum, w) => sum + w, 0);
          const parents = Array.from({ length: n }, (_, node) => order.slice(0, order.indexOf(node)));
          const tables = parents.map((list, node) =>
            Array.from({ length: 2 ** list.length }, (_, row) => {
              let [on, seen] = [0, 0];
              weights.forEach((w, x) => {
                if (rowOf(list, (each) => (x >>> each) & 1) !== row) return;
                seen += w;
                if ((x >>> node) & 1) on += w;
              });
              return on / seen;
            }),
          );
          jointOf(parents, tables).forEach((p, x) => expect(p).toBeCloseTo(weights[x] / total, 10));
        },
      ),
    );
  });
});

describe('d-separation', () => {
  it('knows chain, fork and collider', () => {
    const none = new Set<number>();
    expect(openTrail([[], [0], [1]], 0, 2, none)).toEqual([0, 1, 2]);
    expect(openTrail([[], [0], [1]], 0, 2, new Set([1]))).toBeNull();
    expect(openTrail([[1], [], [1]], 0, 2, none)).toEqual([0, 1, 2]);
    expect(openTrail([[1], [], [1]], 0, 2, new Set([1]))).toBeNull();
    expect(openTrail(COLLIDER, 0, 1, none)).toBeNull();
    expect(openTrail(COLLIDER, 0, 1, new Set([2]))).toEqual([0, 2, 1]);
    // A descendant of the collider tells of it.
    expect(openTrail(COLLIDER, 0, 1, new Set([3]))).toEqual([0, 2, 1]);
  });

  it('refuses to ask about a given node', () => {
    expect(() => openTrail(COLLIDER, 0, 0, new Set())).toThrow(RangeError);
    expect(() => openTrail(COLLIDER, 0, 1, new Set([1]))).toThrow(RangeError);
  });

  it('says where each trail is blocked', () => {
    const both: Parents = [[], [0], [1], [0, 2]];
    expect(trailsBetween(both, 1, 3, new Set([0]), 9)).toEqual([
      { nodes: [1, 0, 3], blocked: { node: 0, why: 'given' } },
      { nodes: [1, 2, 3], blocked: null },
    ]);
    expect(trailsBetween(both, 0, 2, new Set([1]), 9)).toEqual([
      { nodes: [0, 1, 2], blocked: { node: 1, why: 'given' } },
      { nodes: [0, 3, 2], blocked: { node: 3, why: 'collider' } },
    ]);
    expect(trailsBetween(both, 0, 2, new Set(), 1)).toHaveLength(1);
  });

  it('finds by reachability an open trail exactly where listing all of them does, and as short a one', () => {
    fc.assert(
      fc.property(randomGraph(6), fc.subarray([2, 3, 4, 5]), (parents, given) => {
        const known = new Set(given);
        const open = trailsBetween(parents, 0, 1, known, Infinity).filter(({ blocked }) => blocked === null);
        const found = openTrail(parents, 0, 1, known);
        expect(found?.length ?? null).toBe(open.at(0)?.nodes.length ?? null);
        expect(open.map(({ nodes }) => nodes)).toEqual(found ? expect.arrayContaining([found]) : []);
      }),
      { numRuns: 400 },
    );
  });

  it('gives a conditional mutual information of 0 for all tables, and without it more than 0 for random ones', () => {
    fc.assert(
      fc.property(randomGraph(6), fc.nat(), fc.subarray([2, 3, 4, 5]), (parents, seed, given) => {
        // Tables for which an open trail carries nothing are a set of measure 0; of several, one carries more than a little.
        const nats = [0, 1, 2, 3].map(
          (more) =>
            conditionalInformation(jointOf(parents, randomTables(parents, seed + more)), 0, 1, given).nats,
        );
        if (separated(parents, 0, 1, new Set(given))) expect(Math.max(...nats)).toBeLessThan(1e-12);
        else expect(Math.max(...nats)).toBeGreaterThan(1e-10);
      }),
      { numRuns: 400 },
    );
  });
});

describe('conditional mutual information', () => {
  it('is that of a hand-computed joint', () => {
    // Two fair coins that always agree share one bit; given a third that copies them, none.
    const agreeing = [0.5, 0, 0, 0.5];
    expect(conditionalInformation(agreeing, 0, 1, []).nats).toBeCloseTo(Math.LN2, 14);
    const copied = [0.5, 0, 0, 0, 0, 0, 0, 0.5];
    expect(conditionalInformation(copied, 0, 1, [2]).nats).toBe(0);
    // Of x, y and x xor y any two are independent, and dependent given the third.
    const xor = Array.from({ length: 8 }, (_, x) => ((x & 1) ^ ((x >> 1) & 1) ^ (x >> 2) ? 0 : 0.25));
    expect(conditionalInformation(xor, 0, 1, []).nats).toBeCloseTo(0, 14);
    expect(conditionalInformation(xor, 0, 1, [2]).nats).toBeCloseTo(Math.LN2, 14);
  });

  it('is the sum of its terms', () => {
    const joint = jointOf(COLLIDER, [[0.3], [0.6], [0.1, 0.2, 0.4, 0.9], [0.25, 0.75]]);
    const { nats, terms } = conditionalInformation(joint, 0, 1, [3]);
    expect(terms).toHaveLength(8);
    expect(terms.reduce((sum, term) => sum + term.nats, 0)).toBeCloseTo(nats, 14);
    expect(terms.reduce((sum, term) => sum + term.p, 0)).toBeCloseTo(1, 14);
    for (const { p, together, apart, nats: part } of terms)
      expect(part).toBeCloseTo(p * Math.log(together / apart), 14);
  });
});

describe('beliefs', () => {
  it('are shares of a sum over the joint', () => {
    const joint = jointOf([[], [0]], [[0.2], [0.1, 0.5]]);
    const { beliefs, evidence } = beliefsByEnumeration(joint, [-1, 1]);
    expect(evidence).toBeCloseTo(0.2 * 0.5 + 0.8 * 0.1, 14);
    expect(beliefs[0]).toBeCloseTo(0.1 / 0.18, 14);
    expect(beliefs[1]).toBe(1);
  });

  it('in a tree are the same by messages, on 3x3, for any evidence', () => {
    const tree = fc.tuple(...Array.from({ length: 9 }, (_, i) => fc.integer({ min: -1, max: i - 1 })));
    const evidence = fc.array(fc.integer({ min: -1, max: 1 }), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(tree, fc.nat(), evidence, (earlier, seed, known) => {
        // Nodes renamed backwards, so that parents do not always come first.
        const parent = earlier.map((p) => (p < 0 ? -1 : 8 - p)).reverse();
        const parents = parent.map((p) => (p < 0 ? [] : [p]));
        const tables = randomTables(parents, seed);
        const byMessages = treeBeliefs(
          parent,
          tables.flatMap((table) => [table[0], table.at(1) ?? 0]),
          known,
        );
        const listed = beliefsByEnumeration(jointOf(parents, tables), known);
        expect(byMessages.logEvidence).toBeCloseTo(Math.log(listed.evidence), 10);
        listed.beliefs.forEach((belief, i) => expect(byMessages.beliefs[i]).toBeCloseTo(belief, 10));
      }),
      { numRuns: 300 },
    );
  });

  it('in a tree may be certain', () => {
    // A copy of a coin, and a copy of the copy.
    const copies = treeBeliefs([-1, 0, 1], [0.3, 0, 0, 1, 0, 1], [-1, -1, 1]);
    expect(Array.from(copies.beliefs)).toEqual([1, 1, 1]);
    expect(copies.logEvidence).toBeCloseTo(Math.log(0.3), 12);
    expect(() => treeBeliefs([1, 0], [0.5, 0.5, 0.5, 0.5], [-1, -1])).toThrow(RangeError);
  });
});
