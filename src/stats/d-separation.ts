/**
 * Which independences a Bayesian network's graph promises, whatever its tables are: d-separation (Pearl, "Probabilistic reasoning in
 * intelligent systems", 1988). Two nodes are separated by given ones where every trail between them is blocked. A trail goes along
 * edges in either direction; it is blocked at a node that is given, but at a collider, a node that it enters and leaves against
 * the arrows -> o <-, where neither that node nor any descendant of it is given.
 */
import type { Parents } from './networks.ts';
import { childrenOf } from './networks.ts';

/**
 * A shortest open trail from one node to another given some, as its nodes; null where the two are separated. By reachability: each
 * node is visited at most twice, once from a child and once from a parent (Koller and Friedman, "Probabilistic graphical
 * models", 2009, section 3.3.3). Throws RangeError where the two are the same, or one of them is given.
 */
export function openTrail(
  parents: Parents,
  from: number,
  to: number,
  given: Iterable<number>,
): number[] | null {
  const known = new Set(given);
  if (from === to || known.has(from) || known.has(to))
    throw new RangeError('from, to: two different nodes are asked about, of which none is given');
  const children = childrenOf(parents);
  const opens = openColliders(parents, known);
  interface Visit {
    readonly node: number;
    /** Whether the trail comes from a parent, down the arrow. */
    readonly down: boolean;
    readonly before: Visit | null;
  }
  const seen = new Set<string>();
  const visits: Visit[] = [];
  const visit = (node: number, down: boolean, before: Visit | null): void => {
    const name = `${node} ${down}`;
    if (seen.has(name)) return;
    seen.add(name);
    visits.push({ node, down, before });
  };
  // As if it came from a child: it may go on in either direction.
  visit(from, false, null);
  // Grows while it is walked.
  for (const at of visits) {
    const { node, down } = at;
    if (node === to) {
      const trail: number[] = [];
      for (let back: Visit | null = at; back; back = back.before) trail.unshift(back.node);
      return trail;
    }
    if (!known.has(node)) for (const child of children[node]) visit(child, true, at);
    if (down ? opens.has(node) : !known.has(node))
      for (const parent of parents[node]) visit(parent, false, at);
  }
  return null;
}

/** Whether the graph alone promises that two nodes are independent given others. Throws as `openTrail` does. */
export function separated(parents: Parents, from: number, to: number, given: Iterable<number>): boolean {
  return openTrail(parents, from, to, given) === null;
}

/** A trail without repetition, and where it is blocked. */
export interface Trail {
  readonly nodes: readonly number[];
  /** The first node that blocks it, and why; null where it is open. */
  readonly blocked: { readonly node: number; readonly why: 'given' | 'collider' } | null;
}

/** The first `limit` trails between two nodes, short ones first, each with its verdict by the definition. */
export function trailsBetween(
  parents: Parents,
  from: number,
  to: number,
  given: Iterable<number>,
  limit: number,
): Trail[] {
  const known = new Set(given);
  const children = childrenOf(parents);
  const opens = openColliders(parents, known);
  const trails: Trail[] = [];
  // Grows while it is walked: all trails of one length come before those of the next.
  const begun: number[][] = [[from]];
  for (const nodes of begun) {
    const last = nodes[nodes.length - 1];
    if (last === to) {
      trails.push({ nodes, blocked: blockOf(parents, nodes, known, opens) });
      if (trails.length === limit) break;
      continue;
    }
    for (const next of [...parents[last], ...children[last]].sort((a, b) => a - b))
      if (!nodes.includes(next)) begun.push([...nodes, next]);
  }
  return trails;
}

function blockOf(
  parents: Parents,
  nodes: readonly number[],
  given: ReadonlySet<number>,
  opens: ReadonlySet<number>,
): Trail['blocked'] {
  for (let at = 1; at + 1 < nodes.length; at++) {
    const node = nodes[at];
    const collider = parents[node].includes(nodes[at - 1]) && parents[node].includes(nodes[at + 1]);
    if (collider && !opens.has(node)) return { node, why: 'collider' };
    if (!collider && given.has(node)) return { node, why: 'given' };
  }
  return null;
}

/** The given nodes and all their ancestors: where these are colliders, trails pass. */
function openColliders(parents: Parents, given: ReadonlySet<number>): Set<number> {
  const open = new Set(given);
  // Grows while it is walked.
  for (const node of open) for (const parent of parents[node]) open.add(parent);
  return open;
}
