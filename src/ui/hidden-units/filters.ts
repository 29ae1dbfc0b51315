import type { UnitMap } from '../../engine/queries/api.ts';

/** Units shown. */
const MAX_UNITS = 64;
/** Share of the weights that the scale covers; larger ones take its last colour. */
const SHARE = 0.995;

/** The units that vary most over the digits, most first. */
export function unitsByVariance({ units, deviations }: UnitMap): readonly number[] {
  return Array.from({ length: units }, (_, unit) => unit)
    .sort((a, b) => deviations[b] - deviations[a] || a - b)
    .slice(0, MAX_UNITS);
}

/** One unit's picture, [n]. */
export function pictureOf({ pictures, units }: UnitMap, unit: number): Float32Array {
  const n = pictures.length / units;
  return pictures.subarray(unit * n, (unit + 1) * n);
}

/** The weight, positive or negative, that takes the last colour, the same for all pictures; 1 for probabilities. */
export function scaleOf(map: UnitMap, units: readonly number[]): number {
  if (map.kind === 'probabilities') return 1;
  const sizes = Float32Array.from(units.flatMap((unit) => Array.from(pictureOf(map, unit), Math.abs))).sort();
  return sizes[Math.floor(SHARE * (sizes.length - 1))] || 1;
}

/** The activation of a full bar: 1 for all units where none exceeds it, else null: each unit's own largest activation. */
export function scaleEndOf({ largest }: UnitMap): number | null {
  return largest.every((value) => value <= 1) ? 1 : null;
}
