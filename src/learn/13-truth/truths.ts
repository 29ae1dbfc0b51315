import { Categorical } from '../../data/categorical.ts';
import type { Grid, GreyImages } from '../../data/images.ts';
import { indexRange } from '../../data/rng.ts';

/** A distribution that is known: the probability of every image of a small grid, [2^n]. */
export interface Truth {
  readonly grid: Grid;
  readonly p: Float64Array;
}

export const ROW: Grid = { width: 3, height: 1 };
export const PATCH: Grid = { width: 3, height: 3 };

/** The third of three pixels is ink where exactly one of the first two is; these are fair coins. */
export function xorTruth(): Truth {
  const p = new Float64Array(8);
  for (const [first, second] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ])
    p[first | (second << 1) | ((first ^ second) << 2)] = 1 / 4;
  return { grid: ROW, p };
}

/** The Ising model of a patch with open borders: p(x) in proportion to exp(J sum s_i s_j) over neighbours, s being 1 for ink and -1 for paper. */
export function isingTruth(coupling: number, grid = PATCH): Truth {
  const n = grid.width * grid.height;
  const p = new Float64Array(2 ** n);
  const alike = (m: number, i: number, j: number): number => (((m >> i) ^ (m >> j)) & 1 ? -1 : 1);
  for (let m = 0; m < p.length; m++) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      if (i % grid.width < grid.width - 1) sum += alike(m, i, i + 1);
      if (i + grid.width < n) sum += alike(m, i, i + grid.width);
    }
    p[m] = Math.exp(coupling * sum);
  }
  const total = p.reduce((sum, each) => sum + each, 0);
  return { grid, p: p.map((each) => each / total) };
}

/** What a pixel of a network does with its parents: it takes after most of them, or it is ink where an odd number of them is. */
export type Rule = 'most' | 'odd';

/**
 * A Bayesian network of the patch: pixels without parents are fair coins; the others follow the rule with probability `follow`.
 * A draw among the parents leaves a fair coin. `parents[i]` are pixels before i.
 */
export function networkTruth(
  parents: readonly (readonly number[])[],
  rule: Rule,
  follow: number,
  grid = PATCH,
): Truth {
  const p = new Float64Array(2 ** parents.length).fill(1);
  for (let m = 0; m < p.length; m++)
    parents.forEach((own, pixel) => {
      const inked = own.filter((parent) => (m >> parent) & 1).length;
      const ink = inkChance(own.length, inked, rule, follow);
      p[m] *= (m >> pixel) & 1 ? ink : 1 - ink;
    });
  return { grid, p };
}

function inkChance(parents: number, inked: number, rule: Rule, follow: number): number {
  if (parents === 0) return 0.5;
  if (rule === 'odd') return inked % 2 === 1 ? follow : 1 - follow;
  if (2 * inked === parents) return 0.5;
  return 2 * inked > parents ? follow : 1 - follow;
}

/** The parents of every pixel that a text of edges names, "0-1,0-3" being arrows from 0 to 1 and 3; edges that go back are left out. */
export function parentsIn(edges: string, n: number): number[][] {
  const parents = Array.from({ length: n }, (): number[] => []);
  for (const edge of edges.split(',')) {
    const [from, to] = edge.split('-').map(Number);
    if (from < to && to < n && !parents[to].includes(from)) parents[to].push(from);
  }
  return parents.map((own) => own.sort((a, b) => a - b));
}

/** The text of edges with the arrow from `parent` to `pixel` added, or taken away where it was there. */
export function withEdge(edges: string, parent: number, pixel: number, n: number): string {
  const parents = parentsIn(edges, n);
  const own = parents[pixel];
  parents[pixel] = own.includes(parent) ? own.filter((each) => each !== parent) : [...own, parent];
  return edgesOf(parents);
}

export function edgesOf(parents: readonly (readonly number[])[]): string {
  return parents
    .flatMap((own, pixel) => [...own].sort((a, b) => a - b).map((parent) => `${parent}-${pixel}`))
    .join();
}

/** A stream key that no other random numbers of Inkling have: draws of the planted distribution. */
const DRAWS = 0x7a1d0;

/** The numbers of the first `count` images drawn from a distribution, [count]; `logP` in nats up to a constant, [2^n]. */
export function drawnImages(logP: ArrayLike<number>, count: number, seed: number): Uint32Array {
  return new Categorical(Float64Array.from(logP)).draw(seed, DRAWS, indexRange(0, count));
}

/** Images by their numbers, as a run trains on them: 0 or 255. */
export function greyOf(numbers: ArrayLike<number>, grid: Grid): GreyImages {
  const n = grid.width * grid.height;
  const pixels = new Uint8Array(numbers.length * n);
  for (let at = 0; at < pixels.length; at++)
    pixels[at] = 255 * ((numbers[Math.floor(at / n)] >> (at % n)) & 1);
  return { grid, count: numbers.length, pixels, labels: null };
}
