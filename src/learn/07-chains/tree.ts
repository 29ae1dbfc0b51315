import type { Grid, PackedImages } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';
import { mutualInformation } from '../../models/bayes-net/chow-liu.ts';
import { pairCounter } from '../../models/bayes-net/pairs.ts';
import { sigmoid } from '../../models/shared/math.ts';
import { UNKNOWN } from '../../stats/networks.ts';
import { IMAGINED } from './tables.ts';

/** The grid of the tree: large enough for digits, small enough for a finger. */
export const TREE_GRID: Grid = { width: 14, height: 14 };

/** The best tree of some images: Chow and Liu 1968. */
export interface Tree {
  /** [n], -1 at the root */
  readonly parent: Int32Array;
  /** p(ink | parent = u) at 2 i + u, [n, 2]; roots use u = 0 */
  readonly tables: Float64Array;
  /** Mutual information of a pixel and its parent in nats, [n]; 0 at the root */
  readonly nats: Float64Array;
}

export function treeOf(images: PackedImages): Tree {
  const counter = pairCounter(images.grid, { strength: IMAGINED });
  counter.add(images);
  const { parent, logit } = counter.finish();
  const counts = countPairs(images, parent);
  return {
    parent: Int32Array.from(parent),
    tables: Float64Array.from(logit, sigmoid),
    nats: Float64Array.from(parent, (p, i) =>
      p < 0 ? 0 : mutualInformation(counts.both[i], counts.on[i], counts.on[p], images.count),
    ),
  };
}

/** In how many images every pixel is ink, and it and its parent are, [n]. */
function countPairs(images: PackedImages, parent: ArrayLike<number>) {
  const n = pixelCount(images.grid);
  const words = images.words.length / images.count;
  const on = new Float64Array(n);
  const both = new Float64Array(n);
  for (let image = 0; image < images.count; image++) {
    const bit = (pixel: number): number => (images.words[image * words + (pixel >> 5)] >>> (pixel & 31)) & 1;
    for (let i = 0; i < n; i++) {
      on[i] += bit(i);
      if (parent[i] >= 0) both[i] += bit(i) & bit(parent[i]);
    }
  }
  return { on, both };
}

/** Known pixels as a link carries them: "45i.98p" for ink at 45 and paper at 98. */
export const SEEN = /^(?:\d{1,3}[ip](?:\.\d{1,3}[ip])*)?$/;

/** What is known of each of n pixels, [n]; pixels outside are left out. */
export function parseSeen(text: string, n: number): Int8Array {
  const known = new Int8Array(n).fill(UNKNOWN);
  for (const [, pixel, value] of text.matchAll(/(\d+)([ip])/g))
    if (Number(pixel) < n) known[Number(pixel)] = value === 'i' ? 1 : 0;
  return known;
}

export function formatSeen(known: ArrayLike<number>): string {
  return Array.from(known, (value, pixel) => (value === UNKNOWN ? '' : `${pixel}${value ? 'i' : 'p'}`))
    .filter((text) => text !== '')
    .join('.');
}
