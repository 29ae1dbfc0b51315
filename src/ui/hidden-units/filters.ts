import type { FeatureMap } from '../../engine/queries/api.ts';

/** Units on the wall. */
const MAX_UNITS = 64;
/** Share of the weights that the colours tell apart; the rest takes the last one. */
const SHARE = 0.995;

/** The units that vary most over the digits, most first. */
export function unitsByVariance({ units, deviations }: FeatureMap): readonly number[] {
  return Array.from({ length: units }, (_, unit) => unit)
    .sort((a, b) => deviations[b] - deviations[a] || a - b)
    .slice(0, MAX_UNITS);
}

/** One unit's picture, [n]. */
export function pictureOf({ pictures, units }: FeatureMap, unit: number): Float32Array {
  const n = pictures.length / units;
  return pictures.subarray(unit * n, (unit + 1) * n);
}

/** The weight, positive or negative, that takes the last colour, the same for all pictures; 0 for probabilities. */
export function scaleOf(map: FeatureMap, units: readonly number[]): number {
  if (map.kind === 'probabilities') return 0;
  const sizes = Float32Array.from(units.flatMap((unit) => Array.from(pictureOf(map, unit), Math.abs))).sort();
  return sizes[Math.floor(SHARE * (sizes.length - 1))] || 1;
}

/** What a full bar stands for where it is the same for all units: 1; null where each has a largest activation of its own. */
export function reachOf({ most }: FeatureMap): number | null {
  return most.every((value) => value <= 1) ? 1 : null;
}
