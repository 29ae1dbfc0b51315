import type { Grid } from '../data/images.ts';
import { folderOf } from '../models/registry.ts';
import type { Hyper, Reference, Tensors } from '../models/types.ts';
import type { LearnerState } from './backend.ts';

const references = import.meta.glob<Reference>('../models/*/reference.ts', {
  eager: true,
  import: 'reference',
});

/** The family's functions on the CPU. Throws for an unknown family. */
export function referenceOf(family: string): Reference {
  return references[`../models/${folderOf(family)}/reference.ts`];
}

/** A descended family before its first step: initial weights, zero moments. `pixelMeans` is [n]. */
export function initialState(
  family: string,
  grid: Grid,
  hyper: Hyper,
  pixelMeans: Float64Array,
  seed: number,
): LearnerState {
  const reference = referenceOf(family);
  if (!reference.initialise)
    throw new Error(`family: "${family}" is counted and has no weights to start from`);
  const tensors = reference.initialise(grid, hyper, pixelMeans, seed);
  return { step: 0, tensors, firstMoments: zerosLike(tensors), secondMoments: zerosLike(tensors) };
}

export function zerosLike(tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, values]) => [name, new Float32Array(values.length)]),
  );
}
