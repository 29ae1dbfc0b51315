import type { CurvePoint } from '../../models/runs.ts';

/** How many curves of earlier runs are shown beside that of the current one. */
export const MAX_COMPARED = 2;

/** Curves over one axis: what every curve has at each x, null where it has no point there. */
export interface MergedCurves {
  /** Epochs of all points, ascending, each once. */
  readonly x: readonly number[];
  /** Training and validation loss of the current run. */
  readonly train: readonly (number | null)[];
  readonly validation: readonly (number | null)[];
  /** Validation loss of each earlier run, or training loss where nothing was held back, [runs][x]. */
  readonly earlier: readonly (readonly (number | null)[])[];
}

/** The curve of the current run with those of earlier ones. */
export function mergeCurves(
  current: readonly CurvePoint[],
  earlier: readonly (readonly CurvePoint[])[],
): MergedCurves {
  const x = [...new Set([current, ...earlier].flatMap((curve) => curve.map(({ epoch }) => epoch)))].sort(
    (a, b) => a - b,
  );
  const valuesOf = (curve: readonly CurvePoint[], value: (point: CurvePoint) => number | null) => {
    const known = new Map(curve.map((point) => [point.epoch, value(point)]));
    return x.map((epoch) => known.get(epoch) ?? null);
  };
  return {
    x,
    train: valuesOf(current, ({ train }) => train),
    validation: valuesOf(current, ({ validation }) => validation),
    earlier: earlier.map((curve) => {
      const held = curve.some(({ validation }) => validation !== null);
      return valuesOf(curve, ({ train, validation }) => (held ? validation : train));
    }),
  };
}
