import type { Estimate } from '../../engine/api.ts';
import type { LeaderRow } from './rows.ts';

/** Key of the board in the store. */
export const LEADERBOARD_SETTING = 'leaderboard';

/** One point of the size curve. */
export interface SizePoint {
  readonly value: number;
  readonly parameters: number;
  readonly train: Estimate;
  /** On images that were not trained on. */
  readonly held: Estimate;
}

/** A curve over one hyper-parameter, with all that it depends on. */
export interface SizeCurve {
  readonly family: string;
  readonly parameter: string;
  readonly dataset: LeaderRow['dataset'];
  readonly binarisation: LeaderRow['binarisation'];
  /** Which images `held` is over. */
  readonly heldOut: 'test' | 'validation';
  readonly points: readonly SizePoint[];
}

/** What the leaderboard stores between visits. */
export interface StoredLeaderboard {
  readonly version: 1;
  readonly rows: readonly LeaderRow[];
  readonly curve: SizeCurve | null;
}

/** The valid rows and curve of a stored value, which an older version or another program may have written. */
export function readStored(value: unknown): StoredLeaderboard {
  const stored = isRecord(value) && value.version === 1 ? value : {};
  const rows = Array.isArray(stored.rows) ? stored.rows.filter(isRow) : [];
  return { version: 1, rows, curve: isCurve(stored.curve) ? stored.curve : null };
}

/**
 * Two stored values in one: rows of `there` that `here` lacks are added, and the curve where `here` has none. Null where one of them was
 * written by another version.
 */
export function joinStored(here: unknown, there: unknown): StoredLeaderboard | null {
  if (![here, there].every((value) => isRecord(value) && value.version === 1)) return null;
  const own = readStored(here);
  const other = readStored(there);
  const known = new Set(own.rows.map(({ id }) => id));
  return {
    version: 1,
    rows: [...own.rows, ...other.rows.filter(({ id }) => !known.has(id))],
    curve: own.curve ?? other.curve,
  };
}

function isRow(row: unknown): row is LeaderRow {
  return (
    isRecord(row) &&
    ['id', 'key', 'name', 'family'].every((field) => typeof row[field] === 'string') &&
    ['parameters', 'epochs', 'seconds'].every((field) => typeof row[field] === 'number') &&
    ['classifier', 'kept'].every((field) => typeof row[field] === 'boolean') &&
    (row.backend === 'cpu' || row.backend === 'webgpu') &&
    isRecord(row.grid) &&
    typeof row.grid.width === 'number' &&
    typeof row.grid.height === 'number' &&
    isDataset(row.dataset) &&
    isBinarisation(row.binarisation) &&
    (row.seed === undefined || row.seed === null || typeof row.seed === 'number') &&
    (row.hyper === undefined || row.hyper === null || isHyper(row.hyper)) &&
    (row.elsewhere === undefined || isElsewhere(row.elsewhere)) &&
    isEstimate(row.train) &&
    (row.validation === null || isEstimate(row.validation)) &&
    (row.test === null || isEstimate(row.test)) &&
    (row.accuracy === null ||
      (isRecord(row.accuracy) &&
        ['share', 'standardError', 'images'].every((f) => isNumberIn(row.accuracy, f))))
  );
}

function isHyper(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((each) => typeof each === 'number');
}

function isElsewhere(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value.machine === 'string' &&
    typeof value.how === 'string' &&
    typeof value.diverged === 'boolean' &&
    typeof value.named === 'boolean'
  );
}

function isCurve(curve: unknown): curve is SizeCurve {
  return (
    isRecord(curve) &&
    typeof curve.family === 'string' &&
    typeof curve.parameter === 'string' &&
    isDataset(curve.dataset) &&
    isBinarisation(curve.binarisation) &&
    (curve.heldOut === 'test' || curve.heldOut === 'validation') &&
    Array.isArray(curve.points) &&
    curve.points.every(
      (point: unknown) =>
        isRecord(point) &&
        typeof point.value === 'number' &&
        typeof point.parameters === 'number' &&
        isEstimate(point.train) &&
        isEstimate(point.held),
    )
  );
}

function isEstimate(value: unknown): value is Estimate {
  return ['nats', 'standardError', 'images'].every((field) => isNumberIn(value, field));
}

function isDataset(value: unknown): value is LeaderRow['dataset'] {
  return (
    isRecord(value) &&
    typeof value.id === 'string' &&
    typeof value.name === 'string' &&
    isNumberIn(value, 'revision') &&
    isNumberIn(value, 'images')
  );
}

function isBinarisation(value: unknown): value is LeaderRow['binarisation'] {
  if (!isRecord(value)) return false;
  if (value.kind === 'threshold' || value.kind === 'none') return true;
  return (value.kind === 'stochastic' || value.kind === 'dynamic') && isNumberIn(value, 'seed');
}

function isNumberIn(value: unknown, field: string): boolean {
  return isRecord(value) && typeof value[field] === 'number';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
