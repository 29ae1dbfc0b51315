import type { Grid } from '../../data/images.ts';
import type { Hyper } from '../../models/types.ts';

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
