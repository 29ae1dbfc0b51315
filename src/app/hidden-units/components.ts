import type { Grid } from '../../data/images.ts';
import type { MapPosition, UnitComponents, UnitMap } from '../../engine/queries/api.ts';
import type { ComponentTrees } from '../../models/features.ts';
import { fixed, percent } from '../format.ts';
import { describePlace } from '../grids.ts';

/** Components shown beside each other, the likeliest for the drawing. */
export const SHOWN = 4;

/** A component of a mixture, and what the drawing says about it. */
export interface ComponentReading {
  /** From 0 on; visitors count from 1. */
  readonly unit: number;
  /** p(k) */
  readonly weight: number;
  /** p(k | x), and log p(x, k) in nats. */
  readonly share: number;
  readonly logJoint: number;
}

/** A map whose units are components of a mixture. */
export interface ComponentMap {
  readonly map: UnitMap;
  readonly components: UnitComponents;
  /** "Tree" or "Component". */
  readonly noun: 'Tree' | 'Component';
}

/** Null where the units are no components. */
export function componentMap(map: UnitMap): ComponentMap | null {
  const { components } = map;
  return components && { map, components, noun: components.trees ? 'Tree' : 'Component' };
}

/** All components, the likeliest for the drawing first; of equals the one with the lower number. */
export function readComponents(
  { weights }: UnitComponents,
  { activations, logJoint }: Pick<MapPosition, 'activations' | 'logJoint'>,
): readonly ComponentReading[] {
  return Array.from(weights, (weight, unit) => ({
    unit,
    weight,
    share: activations[unit],
    logJoint: logJoint?.[unit] ?? NaN,
  })).sort((a, b) => b.logJoint - a.logJoint || a.unit - b.unit);
}

/**
 * Units by their activation for the drawing, the most active first; of those that are equal to two decimals, as many saturated units are,
 * the one that varies most over the digits.
 */
export function mostActive(
  { activations, logJoint }: Pick<MapPosition, 'activations' | 'logJoint'>,
  { deviations }: Pick<UnitMap, 'deviations'>,
): readonly number[] {
  // Of a mixture all but one may round to 0: their joint probabilities tell them apart.
  if (logJoint) return Array.from(logJoint.keys()).sort((a, b) => logJoint[b] - logJoint[a] || a - b);
  const rounded = (unit: number) => Math.round(100 * activations[unit]);
  return Array.from(activations.keys()).sort(
    (a, b) => rounded(b) - rounded(a) || deviations[b] - deviations[a] || a - b,
  );
}

/** "97 %", "under 0.1 %". */
export function shareWords(share: number): string {
  return share < 0.001 ? 'under 0.1 %' : `${percent(share)} %`;
}

/** The root of a component's tree. */
export function rootOf({ parents }: Pick<ComponentTrees, 'parents'>, unit: number, n: number): number {
  return parents.subarray(unit * n, (unit + 1) * n).indexOf(-1);
}

/** What a picture of a component shows, in words. */
export function describePicture(
  { noun, components }: ComponentMap,
  { unit, weight }: Pick<ComponentReading, 'unit' | 'weight'>,
  grid: Grid,
): string {
  const n = grid.width * grid.height;
  const name = `${noun} ${unit + 1}, weight ${shareWords(weight)}: the mean of its images`;
  if (!components.trees) return `${name}.`;
  const { trees } = components;
  const own = trees.nats.subarray(unit * n, (unit + 1) * n);
  const strongest = own.reduce((best, nats, pixel) => (nats > own[best] ? pixel : best), 0);
  const parent = trees.parents[unit * n + strongest];
  const edge =
    parent < 0
      ? ''
      : ` The strongest joins ${describePlace(strongest, grid)} to its parent at ${describePlace(parent, grid)}, ${fixed(own[strongest], 2)} nats.`;
  return `${name}, and its ${n - 1} edges from pixel to parent. Its root is ${describePlace(rootOf(trees, unit, n), grid)}.${edge}`;
}
