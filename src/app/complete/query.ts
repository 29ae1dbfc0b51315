import type { KnownPixels } from '../../data/known-pixels.ts';
import type { PackedImages } from '../../data/images.ts';
import type { CompletionMethod } from '../../engine/queries/api.ts';
import { sameGrid } from '../grids.ts';

/** All that determines a completion query to the engine. */
export interface CompletionQuery {
  readonly name: string;
  readonly knownPixels: KnownPixels;
  /** Images. */
  readonly count: number;
  /** Null for the best available. */
  readonly method: CompletionMethod | null;
  readonly seed: number;
  readonly sweeps: number;
  readonly proposals: number;
}

export function equalQueries(a: CompletionQuery, b: CompletionQuery): boolean {
  const { name, count, method, seed, sweeps, proposals } = a;
  return (
    name === b.name &&
    count === b.count &&
    method === b.method &&
    seed === b.seed &&
    sweeps === b.sweeps &&
    proposals === b.proposals &&
    sameKnownPixels(a.knownPixels, b.knownPixels)
  );
}

export function sameKnownPixels(a: KnownPixels, b: KnownPixels): boolean {
  const same = (x: PackedImages, y: PackedImages) =>
    sameGrid(x.grid, y.grid) && x.words.every((word, at) => word === y.words[at]);
  return same(a.known, b.known) && same(a.image, b.image);
}
