import type { Grid } from '../../data/images.ts';
import { findFamily } from '../../models/registry.ts';
import type { Hyper } from '../../models/model.ts';
import { sameGrid } from '../grids.ts';

/** A trained model that comes with the app: one of the files in public/models. */
export interface ShippedModel {
  /** Of the file, without its ending, and in links. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly family: string;
  readonly grid: Grid;
  readonly hyper: Hyper;
  /** Mean -log p of the 10,000 test digits, in nats. */
  readonly test: { readonly nats: number; readonly standardError: number };
}

/** Ids of these models in records begin with this; they are not stored in the database. */
export const SHIPPED_ID = 'shipped';

/** Written by the build from the files (src/build/shipped-models.ts). */
declare const __SHIPPED_MODELS__: readonly ShippedModel[];

/** Those with the lowest loss first. */
export const SHIPPED: readonly ShippedModel[] = __SHIPPED_MODELS__.toSorted(
  (a, b) => a.test.nats - b.test.nats,
);

export function findShipped(name: string): ShippedModel | undefined {
  return SHIPPED.find((each) => each.name === name);
}

/** How many times the bytes of a stand-in the model must have that is waited for. */
const STAND_IN_RATIO = 5;

/**
 * The model that is shown while a much larger one is fetched for the first time: of those of its grid that can be sampled and are small
 * beside it, the one with the lowest loss.
 */
export function standInFor(wanted: ShippedModel, shipped = SHIPPED): ShippedModel | undefined {
  return shipped.find(
    ({ bytes, grid, family }) =>
      bytes * STAND_IN_RATIO <= wanted.bytes &&
      sameGrid(grid, wanted.grid) &&
      findFamily(family)?.task === 'density',
  );
}
