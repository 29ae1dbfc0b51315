import type { Accuracy } from '../../data/accuracy.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import { formatBinarisation } from '../../data/binarise.ts';
import { type Grid, pixelCount } from '../../data/images.ts';
import type { Estimate } from '../../engine/api.ts';
import type { BackendKind } from '../../engine/backends/backend.ts';
import {
  classifying,
  completeHyper,
  findFamily,
  isClassConditional,
  presetHyper,
} from '../../models/registry.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { Hyper, Model } from '../../models/model.ts';
import type { ModelRecord } from '../../store/records.ts';
import { describeModel } from '../compare/counted-models.ts';
import { inOrder } from '../choices.ts';
import { alphabetical } from '../format.ts';

/** A model that the leaderboard can train. */
export interface Candidate {
  /** The same for the same family and settings, on every data set. */
  readonly key: string;
  /** Identifies the family and whether it is one model for each digit, whatever its settings. */
  readonly choice: string;
  readonly family: string;
  /** Whether it is one model for each digit. */
  readonly byDigit: boolean;
  readonly name: string;
  readonly hyper: Hyper;
}

/** One row of the leaderboard, as it is stored: numbers only, no weights. */
export interface LeaderRow {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly family: string;
  readonly grid: Grid;
  readonly dataset: ModelRecord['dataset'];
  readonly parameters: number;
  /** Mean -log p(x) in nats, or -log p(y | x) of a classifier; the two cannot be compared. */
  readonly train: Estimate;
  readonly validation: Estimate | null;
  /** Null where the data set has no test images. */
  readonly test: Estimate | null;
  readonly classifier: boolean;
  /** On the test images. */
  readonly accuracy: Accuracy | null;
  readonly binarisation: Binarisation;
  readonly epochs: number;
  readonly seconds: number;
  readonly backend: BackendKind;
  /** Whether it is a model that the visitor keeps, not one trained for the leaderboard. */
  readonly kept: boolean;
  /** Missing in rows of earlier versions, as is the seed. */
  readonly hyper?: Hyper | null;
  readonly seed?: number | null;
  /** Of a row that was opened from a file, and not measured here. */
  readonly elsewhere?: Elsewhere;
}

/** What only a row of a file of results has. */
export interface Elsewhere {
  readonly machine: string;
  /** ResultRun.how. */
  readonly how: string;
  readonly diverged: boolean;
  /** Whether a person gave it its name. */
  readonly named: boolean;
}

/** With fewer images large tables would consist mostly of smoothing. */
const FEW_IMAGES = 5000;

/** Every family with its defaults, and also as one model for each digit where it can. */
export function candidatesOf(families: readonly FamilySpec[], grid: Grid, images: number): Candidate[] {
  return inOrder(families).flatMap((spec) => {
    const base = images < FEW_IMAGES ? presetHyper(spec, 'starter') : completeHyper(spec);
    // The same where it always classifies, or never does.
    const byClass = classifying(spec, base) ?? base;
    return [...new Set([base, byClass])].map((hyper) => ({
      key: keyOf(spec, hyper),
      choice: hyper === base ? spec.id : `${spec.id} by class`,
      family: spec.id,
      byDigit: isClassConditional({ family: spec.id, hyper }),
      name: describeModel(spec.id, hyper, grid),
      hyper,
    }));
  });
}

/** "neighbours k 6 class-conditional 1": hyper-parameters in the order of the family's list. */
export function keyOf(spec: FamilySpec, hyper: Hyper): string {
  return [spec.id, ...spec.hyperparameters.flatMap((p) => [p.name, hyper[p.name]])].join(' ');
}

/** One row per model, data set and binarisation: training again replaces it. */
export function rowId(datasetId: string, binarisation: Binarisation, key: string): string {
  return `${datasetId} ${formatBinarisation(binarisation)} ${key}`;
}

/** A row from the results of a model; `known` may have fields that a row does not store. */
export function rowOf(known: Omit<LeaderRow, 'parameters' | 'classifier'> & Pick<Model, 'hyper'>): LeaderRow {
  const { id, key, name, family, grid, hyper, dataset, train, validation, test, accuracy } = known;
  const { binarisation, epochs, seconds, backend, kept, seed = null } = known;
  const spec = findFamily(family);
  const parameters = spec?.parameterCount(grid, hyper) ?? 0;
  const classifier = spec?.task === 'classifier';
  const model = { id, key, name, family, grid, dataset, parameters, classifier };
  const figures = { train, validation, test, accuracy };
  return { ...model, ...figures, binarisation, epochs, seconds, backend, kept, hyper, seed };
}

/** Bits per pixel over the test images, or over the validation images where there are none. */
export function bitsPerPixel(row: LeaderRow): number | null {
  const held = row.test ?? row.validation;
  return row.classifier || !held ? null : held.nats / Math.LN2 / pixelCount(row.grid);
}

export type Column =
  | 'name'
  | 'parameters'
  | 'train'
  | 'validation'
  | 'test'
  | 'bits'
  | 'accuracy'
  | 'binarisation'
  | 'seconds'
  | 'backend';

/** The value by which a column sorts; null where the row has none. */
export function valueOf(row: LeaderRow, column: Column): number | string | null {
  switch (column) {
    case 'train':
    case 'validation':
    case 'test':
      return row.classifier ? null : (row[column]?.nats ?? null);
    case 'bits':
      return bitsPerPixel(row);
    case 'accuracy':
      return row.accuracy?.share ?? null;
    case 'binarisation':
      return formatBinarisation(row.binarisation);
    default:
      return row[column];
  }
}

/** Sorted by one column; rows without a value come last in both directions. */
export function sortRows<R extends LeaderRow>(rows: readonly R[], column: Column, ascending: boolean): R[] {
  return [...rows].sort((one, other) => {
    const [a, b] = [valueOf(one, column), valueOf(other, column)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const order = typeof a === 'number' && typeof b === 'number' ? a - b : alphabetical(String(a), String(b));
    return ascending ? order : -order;
  });
}

/**
 * Estimated seconds of a candidate, from its earlier runs scaled by images and epochs. Null where neither it nor its family
 * was trained before.
 */
export function expectedSeconds(
  rows: readonly LeaderRow[],
  { key, family }: Pick<Candidate, 'key' | 'family'>,
  images: number,
  epochs: number,
): number | null {
  const known = rows.filter((row) => !row.kept && !row.elsewhere && row.epochs > 0);
  const best =
    known.find((row) => row.key === key && row.dataset.images === images) ??
    known.find((row) => row.key === key) ??
    known.find((row) => row.family === family && row.dataset.images === images);
  if (!best) return null;
  return (best.seconds * images * epochs) / (best.dataset.images * best.epochs);
}

/** Mean -log p in nats with its standard error (sd / sqrt(N), sd over N - 1). */
export function meanOf(logLikelihood: Float64Array): Estimate {
  const images = logLikelihood.length;
  const nats = -logLikelihood.reduce((sum, value) => sum + value, 0) / images;
  const squares = logLikelihood.reduce((sum, value) => sum + (value + nats) ** 2, 0);
  return { nats, standardError: images > 1 ? Math.sqrt(squares / (images - 1) / images) : 0, images };
}
