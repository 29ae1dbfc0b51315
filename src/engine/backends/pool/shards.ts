/** Numbers of weights that all shards may hold together: every thread needs memory for several times its copy. */
const MAX_NUMBERS = 2 ** 23;
/** Multiplications by weights, in a step, below which its computing is not longer than the messages. */
const MIN_WORK = 2 ** 21;
/** Images of a shard at least: fast code takes several side by side. */
const MIN_IMAGES = 8;
/** How often the images of a shard use a weight, at least: copying it and adding its gradient take about as long as that. */
const MIN_USES = 20;

/** A step of a run, as far as its cost goes. */
export interface StepCost {
  readonly batchSize: number;
  /** Weights. */
  readonly numbers: number;
  /** FamilySpec.uses */
  readonly uses: number;
}

/**
 * Into how many parts the batches of a new run are cut, whose gradients are then added: a function of the run and of the threads
 * alone, never of a clock, because the last bits of the weights depend on it.
 */
export function shardsFor(threads: number, { batchSize, numbers, uses }: StepCost): number {
  if (numbers * batchSize * uses < MIN_WORK) return 1;
  const images = Math.max(MIN_IMAGES, MIN_USES / uses);
  const fitting = Math.floor(MAX_NUMBERS / numbers);
  return Math.max(1, Math.min(threads, Math.floor(batchSize / images), fitting));
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
