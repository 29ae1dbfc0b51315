/** `make` for the ranges that `from` to `end` is cut into, none longer than `most`: dispatches of bounded time. */
export function inRanges<T>(
  from: number,
  end: number,
  most: number,
  make: (from: number, end: number) => T,
): T[] {
  return Array.from({ length: Math.ceil((end - from) / most) }, (_, i) =>
    make(from + i * most, Math.min(end, from + (i + 1) * most)),
  );
}
