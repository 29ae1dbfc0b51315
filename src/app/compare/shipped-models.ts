import type { Accuracy } from '../../data/accuracy.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import { describeBinarisation, formatBinarisation } from '../../data/binarise.ts';
import type { Grid } from '../../data/images.ts';
import { findFamily, needsLabels } from '../../models/registry.ts';
import type { Hyper } from '../../models/model.ts';
import { count, fixed, MINUS_LOG_P } from '../format.ts';
import { sameGrid } from '../grids.ts';
import { byDigit, shortName } from './counted-models.ts';

/** A trained model that comes with the app: one of the files in public/models. */
export interface ShippedModel {
  /** Of the file, without its ending, and in links. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly family: string;
  readonly grid: Grid;
  readonly hyper: Hyper;
  /** Of the images that are measured: nats of two models can be compared where it is the same. */
  readonly binarisation: Binarisation;
  /** Mean -log p of the 10,000 test digits, in nats. */
  readonly test: { readonly nats: number; readonly standardError: number };
  /** On the test digits; null where the model knows no classes. */
  readonly accuracy: Accuracy | null;
}

/** Ids of these models in records begin with this; they are not stored in the database. */
export const SHIPPED_ID = 'shipped';

/** Written by the build from the files (src/build/shipped-models.ts). */
declare const __SHIPPED_MODELS__: readonly ShippedModel[];

/** The binarisation of published results, in which nats are named without it. */
const USUAL_BINARISATION = 'stochastic:0';

function isUsual({ binarisation }: Pick<ShippedModel, 'binarisation'>): boolean {
  return formatBinarisation(binarisation) === USUAL_BINARISATION;
}

/** Those with the lowest loss first; first of all those whose losses can be compared, being measured with the usual binarisation. */
export function byLoss(models: readonly ShippedModel[]): readonly ShippedModel[] {
  return models.toSorted((a, b) => Number(isUsual(b)) - Number(isUsual(a)) || a.test.nats - b.test.nats);
}

export const SHIPPED: readonly ShippedModel[] = byLoss(__SHIPPED_MODELS__);

/** "Sparse PixelCNN" for a narrow picker: the family alone, with the sizes where another model of it would have the same name. */
export function shippedName(model: ShippedModel, shipped = SHIPPED): string {
  const nameOf = ({ family, hyper }: ShippedModel): string =>
    [findFamily(family)?.label ?? family, ...byDigit(family, hyper)].join(', ');
  const name = nameOf(model);
  return shipped.some((each) => each.name !== model.name && nameOf(each) === name)
    ? shortName(model.family, model.hyper)
    : name;
}

/** For a list: "−log p 80.0 nats", "96.6 % told right, −log p 80.2 nats at threshold 0.5". */
export function describeMeasured({ test, accuracy, ...model }: ShippedModel): string {
  const nats = `${MINUS_LOG_P} ${fixed(test.nats, 1)} nats`;
  return [
    ...(accuracy ? [`${fixed(100 * accuracy.share, 1)} % told right`] : []),
    isUsual(model) ? nats : `${nats} at ${describeBinarisation(model.binarisation)}`,
  ].join(', ');
}

/** As a sentence without its end: "tells 96.6 ± 0.2 % of the 10,000 test digits right; −log p 80.2 nats at threshold 0.5". */
export function describeTest(model: ShippedModel): string {
  const { accuracy } = model;
  if (!accuracy) return `${describeMeasured(model)} on the 10,000 test digits`;
  const share = `${fixed(100 * accuracy.share, 1)} ± ${fixed(100 * accuracy.standardError, 1)} %`;
  const nats = describeMeasured({ ...model, accuracy: null });
  return `tells ${share} of the ${count(accuracy.images)} test digits right; ${nats}`;
}

/** Those of a grid that know classes, the most accurate first. */
export function shippedClassifiers(grid: Grid, shipped = SHIPPED): readonly ShippedModel[] {
  return shipped
    .filter((model) => sameGrid(model.grid, grid) && needsLabels(model))
    .toSorted((a, b) => (b.accuracy?.share ?? 0) - (a.accuracy?.share ?? 0));
}

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
