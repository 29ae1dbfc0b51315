/** The middle of some values, and the bounds of the middle half. */
export interface Quartiles {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** By linear interpolation between the sorted values (type 7 of Hyndman and Fan 1996). Throws RangeError where there are none. */
export function quartilesOf(values: readonly number[]): Quartiles {
  if (values.length === 0) throw new RangeError('values: none');
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}
