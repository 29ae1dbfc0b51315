import { cycleBy, type Parents } from '../../stats/networks.ts';
import type { LabelOf } from '../labels.ts';

/** Edges as a link carries them: "01.12" for 0 -> 1 and 1 -> 2. */
export const EDGES = /^(?:[0-8]{2}(?:\.[0-8]{2})*)?$/;

/** The parents of n nodes, each list ascending. Edges outside, repeated, or closing a cycle with those before them are left out. */
export function parseEdges(text: string, n: number): number[][] {
  const parents: number[][] = Array.from({ length: n }, () => []);
  for (const [from, to] of Array.from(text.matchAll(/\d\d/g), ([edge]) => Array.from(edge, Number))) {
    if (from >= n || to >= n || parents[to].includes(from) || cycleBy(parents, from, to)) continue;
    parents[to] = [...parents[to], from].sort((a, b) => a - b);
  }
  return parents;
}

export function formatEdges(parents: Parents): string {
  return parents
    .flatMap((list, to) => [...list].sort((a, b) => a - b).map((from) => `${from}${to}`))
    .join('.');
}

/** A pixel as the chapter names it: from one, row by row. */
export function nameOf(pixel: number): string {
  return String(pixel + 1);
}

/** Pixels as words: "none", "2", "2, 4 and 5". */
export function namesOf(pixels: readonly number[], label: LabelOf): string {
  if (pixels.length === 0) return label('none');
  const names = pixels.map(nameOf);
  if (names.length === 1) return names[0];
  return label('names', { most: names.slice(0, -1).join(', '), last: names[names.length - 1] });
}
