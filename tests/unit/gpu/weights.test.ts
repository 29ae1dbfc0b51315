import { describe, expect, it } from 'vitest';
import { MNIST_GRID } from '../../../src/data/images.ts';
import { families } from '../../../src/models/registry.ts';

/** What every device binds at least, in bytes; and where a part of a buffer may begin. */
const LIMIT = 2 ** 27;
const UNIT = 256;

describe('all tensors of a descended family, as large as can be chosen,', () => {
  it.each(
    families.filter(({ training }) => training === 'descended').map((spec) => [spec.id, spec] as const),
  )('lie in one buffer on any device: %s', (_, spec) => {
    const hyper = Object.fromEntries(
      // Ten class models have a buffer each.
      spec.hyperparameters.map(({ name, role, min, max }) => [name, role === 'classes' ? min : max]),
    );
    const bytes = spec
      .tensors(MNIST_GRID, hyper)
      .map(({ shape }) => 4 * shape.reduce((product, side) => product * side, 1))
      .reduce((sum, own) => sum + Math.ceil(own / UNIT) * UNIT, 0);
    expect(bytes).toBeLessThanOrEqual(LIMIT);
  });
});
