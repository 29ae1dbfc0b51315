/** Calls `make` for consecutive ranges of `from` to `end`, none longer than `max`: dispatches of bounded time. */
export function inRanges<T>(
  from: number,
  end: number,
  max: number,
  make: (from: number, end: number) => T,
): T[] {
  return Array.from({ length: Math.ceil((end - from) / max) }, (_, i) =>
    make(from + i * max, Math.min(end, from + (i + 1) * max)),
  );
}
