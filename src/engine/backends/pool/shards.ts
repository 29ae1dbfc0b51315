/** Numbers of weights that all shards may hold together: every thread needs memory for several times its copy. */
const MAX_NUMBERS = 2 ** 23;
/** Weights times images of a step below which its computing is not longer than the messages. */
const MIN_WORK = 2 ** 21;
/** Images of a shard at least: fast code takes several side by side. */
const MIN_IMAGES = 16;

/**
 * Into how many parts the batches of a new run are cut, whose gradients are then added: a function of the run and of the threads
 * alone, never of a clock, because the last bits of the weights depend on it.
 */
export function shardsFor(threads: number, batchSize: number, numbers: number): number {
  if (numbers * batchSize < MIN_WORK) return 1;
  const useful = Math.floor(batchSize / MIN_IMAGES);
  const fitting = Math.floor(MAX_NUMBERS / numbers);
  return Math.max(1, Math.min(threads, useful, fitting));
}

/** Images `first` to `first + count` of `total`, for each of the parts; parts differ by one image at most, and may have none. */
export function partsOf(
  total: number,
  parts: number,
): readonly { readonly first: number; readonly count: number }[] {
  const startOf = (part: number) => Math.floor((part * total) / parts);
  return Array.from({ length: parts }, (_, part) => ({
    first: startOf(part),
    count: startOf(part + 1) - startOf(part),
  }));
}
