import type { Grid } from '../../data/images.ts';
import { completeHyper, withRole } from '../../models/registry.ts';
import type { FamilySpec, HyperParameter } from '../../models/family-spec.ts';
import type { Hyper } from '../../models/model.ts';
import { capital, fixed, MINUS_LOG_P } from '../format.ts';
import type { SizeCurve, SizePoint } from './stored.ts';

/** An integer hyper-parameter that sets the size of a family. */
export interface SizeParameter {
  readonly spec: FamilySpec;
  readonly parameter: HyperParameter;
}

/** Maximum number of points of a curve: each is a training run. */
const MAX_POINTS = 20;

export function sizeParametersOf(families: readonly FamilySpec[]): readonly SizeParameter[] {
  return families.flatMap((spec) =>
    withRole(spec, 'size')
      .filter((p) => Number.isInteger(p.step) && Number.isInteger(p.min))
      .map((parameter) => ({ spec, parameter })),
  );
}

/** The hyper-parameters at up to 20 values of the size parameter, without those that give the same size again. */
export function valuesOf({ spec, parameter }: SizeParameter, grid: Grid): readonly Hyper[] {
  const { name, min, max, step } = parameter;
  const count = Math.min(MAX_POINTS, Math.floor((max - min) / step) + 1);
  const values = Array.from({ length: count }, (_, i) =>
    count > 1 ? min + Math.round(((max - min) / step / (count - 1)) * i) * step : min,
  );
  const all = values.map((value) => ({ ...completeHyper(spec), [name]: value }));
  return all.filter(
    (hyper, i) => i === 0 || spec.parameterCount(grid, hyper) > spec.parameterCount(grid, all[i - 1]),
  );
}

/** The point with the lowest loss on images that were not trained on. */
export function lowest(points: readonly SizePoint[]): SizePoint | null {
  return points.reduce<SizePoint | null>(
    (best, point) => (best && best.held.nats <= point.held.nats ? best : point),
    null,
  );
}

/** The result of the curve, in two sentences. */
export function storyOf({ parameter, heldOut, points }: SizeCurve): string {
  const best = lowest(points);
  const first = points.at(0);
  const last = points.at(-1);
  if (!best || !first || !last || first === last) return '';
  const name = (point: SizePoint) => `${parameter} = ${point.value}`;
  const nats = (value: number) => `${fixed(value, 1)} nats`;
  const fall = `From ${name(first)} to ${name(last)} training ${MINUS_LOG_P} ${
    last.train.nats < first.train.nats ? 'falls' : 'goes'
  } from ${nats(first.train.nats)} to ${nats(last.train.nats)}.`;
  const turn =
    best === last
      ? `${capital(heldOut)} ${MINUS_LOG_P} still falls at the end, to ${nats(last.held.nats)}: there are images enough for tables of this size.`
      : `${capital(heldOut)} ${MINUS_LOG_P} is lowest at ${name(best)} with ${nats(best.held.nats)} and climbs to ${nats(last.held.nats)}: the tables double with every step, and there are too few images to fill them. That is the curse of dimensionality, measured.`;
  return `${fall} ${turn}`;
}
