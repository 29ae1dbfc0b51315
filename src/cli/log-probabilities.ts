import { CLASSES } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';

/** How far above 0 a logarithm of a probability may be, in nats: rounding of f32. */
const ROUNDING = 1e-4;

/** What an option named, for a message: a model file. */
export interface NamedFile {
  readonly option: string;
  readonly path: string;
}

/**
 * Refuses values in nats that are no logarithms of probabilities, which only a file of broken weights gives: no number, or
 * above 0. `what` says what the values are ("log p"); values[i] belongs to image i.
 */
export function checkLogProbabilities(
  { option, path }: NamedFile,
  what: string,
  values: ArrayLike<number>,
): Result<null> {
  const at = Array.from(values).findIndex((value) => !(value <= ROUNDING));
  if (at < 0) return ok(null);
  const found = Number.isNaN(values[at])
    ? 'no number'
    : `${values[at].toPrecision(6)} nats, above 0: a probability above 1`;
  return fail(
    `${path}: ${option}: the weights are no distribution: ${what} of image ${at} is ${found}; train the model anew`,
  );
}

/** The same for class logits, [count, classes]: a classifier's may be any number. */
export function checkClassLogits({ option, path }: NamedFile, values: ArrayLike<number>): Result<null> {
  const at = Array.from(values).findIndex((value) => Number.isNaN(value) || value === Infinity);
  return at < 0
    ? ok(null)
    : fail(
        `${path}: ${option}: the weights give no classes: class logit ${at % CLASSES} of image ${Math.floor(at / CLASSES)} is ${Number.isNaN(values[at]) ? 'no number' : 'infinite'}; train the model anew`,
      );
}
