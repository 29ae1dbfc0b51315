import { rasterOrder } from '../../data/orders.ts';
import type { Model } from '../model.ts';
import { parentsOf, tableStarts, TIED } from './parents.ts';

/** The family of this folder whose parents are learned. */
export const TREE = 'tree';

/** Everything about a network but the numbers in its tables. */
export interface Structure {
  /** `[n]` lists of pixels or OUTSIDE; parent number b is bit b of the index into the child's table. */
  readonly parents: readonly (readonly number[])[];
  /** `[n + 1]`: where the table of each pixel starts in the tensor `logit`; pixels in succession may share one. */
  readonly tables: Uint32Array<ArrayBuffer>;
  /** `[n]`: the pixels with parents before children, the order in which a sampler decides them. */
  readonly order: Uint32Array<ArrayBuffer>;
}

/** The structure of a model: of the tree it is in its tensors, of the others it follows from the family and grid. */
export function structureOf(model: Model): Structure {
  const { family, grid, hyper, tensors } = model;
  if (family === TREE) return treeStructure(treeParents(tensors.parent));
  const parents = parentsOf(family, grid, hyper);
  return { parents, tables: tableStarts(parents, family === TIED), order: rasterOrder(grid) };
}

/** The structure of a tree, or of several, of which `parent` names every pixel's parent, -1 at roots: `[n]`. */
export function treeStructure(parent: Int32Array): Structure {
  return {
    parents: Array.from(parent, (p) => (p < 0 ? [] : [p])),
    // Two numbers a pixel, whichever pixel is the root; a root uses the first alone.
    tables: Uint32Array.from({ length: parent.length + 1 }, (_, pixel) => 2 * pixel),
    order: treeOrder(parent),
  };
}

/**
 * Parent of every pixel, -1 for a root, `[n]`, out of any numbers at all, `[n] f32`: rounded, and taken pixel after
 * pixel; a number that is no other pixel's, or that would close a cycle with those taken before, makes a root.
 */
export function treeParents(numbers: Float32Array): Int32Array<ArrayBuffer> {
  const parent = new Int32Array(numbers.length).fill(-1);
  for (let pixel = 0; pixel < numbers.length; pixel++) {
    const wanted = Math.round(numbers[pixel]);
    if (!(wanted >= 0 && wanted < numbers.length)) continue;
    let ancestor = wanted;
    while (ancestor >= 0 && ancestor !== pixel) ancestor = parent[ancestor];
    if (ancestor !== pixel) parent[pixel] = wanted;
  }
  return parent;
}

/**
 * Why these numbers, `[n] f32`, are not the parents of a tree over all pixels (one root, marked -1, and a path from it to
 * every pixel), as a sentence naming the tensor; null where they are. `treeParents` reads them as they stand then.
 */
export function refuseTree(numbers: Float32Array): string | null {
  const n = numbers.length;
  let root = -1;
  for (const [pixel, parent] of numbers.entries()) {
    if (parent === -1) {
      if (root >= 0) return `parent: pixels ${root} and ${pixel} are both roots, and a tree has one`;
      root = pixel;
    } else if (!(Number.isInteger(parent) && parent >= 0 && parent < n))
      return `parent: pixel ${pixel} has the parent ${parent}, which is none of -1 (the root) to ${n - 1}`;
  }
  // Every pixel is walked once: to the root, to a pixel known to lead there, or back to where the walk has been.
  const UNSEEN = 0;
  const LEADS_TO_ROOT = -1;
  const state = new Int32Array(n).fill(UNSEEN);
  for (let start = 0; start < n; start++) {
    let at = start;
    for (; at >= 0 && state[at] === UNSEEN; at = numbers[at]) state[at] = start + 1;
    if (at >= 0 && state[at] === start + 1) return `parent: pixel ${at} is its own ancestor: a cycle`;
    for (at = start; at >= 0 && state[at] !== LEADS_TO_ROOT; at = numbers[at]) state[at] = LEADS_TO_ROOT;
  }
  return null;
}

/** Generation by generation from the roots, each in the order of its parents and then of its own numbers: `[n]`. */
export function treeOrder(parent: Int32Array): Uint32Array<ArrayBuffer> {
  const children: number[][] = Array.from(parent, () => []);
  const roots: number[] = [];
  parent.forEach((p, pixel) => (p < 0 ? roots : children[p]).push(pixel));
  const order = [...roots];
  // Grows while it is walked.
  for (const pixel of order) order.push(...children[pixel]);
  return Uint32Array.from(order);
}
