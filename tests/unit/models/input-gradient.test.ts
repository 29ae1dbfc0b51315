import { describe, expect, it } from 'vitest';
import { type Grid, packImages, pixelCount } from '../../../src/data/images.ts';
import { referenceOf } from '../../../src/engine/backends/references.ts';
import { isActive } from '../../../src/models/sparse-pixelcnn/definition.ts';
import { sigmoid } from '../../../src/models/shared/math.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import { definitionOf, numbers, randomModel } from './families.ts';

const GRID = { width: 5, height: 4 };
const STEP = 1e-5;

type Relaxed = (model: Model, x: Float64Array) => ArrayLike<number>;

/** z_i = b_i + sum_{j<i} w_ji x_j with pixels that are any numbers. */
const regression: Relaxed = ({ grid, tensors }, x) => {
  const n = pixelCount(grid);
  return Float64Array.from({ length: n }, (_, i) => {
    let z = tensors.bias[i];
    for (let j = 0; j < i; j++) z += tensors.weight[j * (n - 1) - (j * (j - 1)) / 2 + i - j - 1] * x[j];
    return z;
  });
};

/** z_i = b_i + V_i . sigmoid(c + sum_{j<i} x_j W_j). */
const shared: Relaxed = ({ tensors }, x) => {
  const { bias, hidden_bias: c, input, output } = tensors;
  return Float64Array.from(bias, (b, i) =>
    c.reduce((z, own, k) => {
      let a = own;
      for (let j = 0; j < i; j++) a += x[j] * input[j * c.length + k];
      return z + output[i * c.length + k] * sigmoid(a);
    }, b),
  );
};

/** Plain loops that multiply by what the pixels are, so that these need not be 0 or 1. */
const defined: Relaxed = (model, x) => definitionOf(model.family).logits(model, x);

/** Central differences of the logit of `pixel`, [n]. */
function differences(logits: Relaxed, model: Model, x: Float64Array, pixel: number): Float64Array {
  return x.map((value, j) => {
    const at = (moved: number) => logits(model, x.with(j, moved))[pixel];
    return (at(value + STEP) - at(value - STEP)) / (2 * STEP);
  });
}

const cases: readonly [string, Hyper, Grid, number, Relaxed][] = [
  ['fvsbn', {}, GRID, 2, regression],
  ['nade', { hidden: 7 }, GRID, 2, shared],
  ['made', { hidden: 40, layers: 1, orders: 1, direct: 0 }, GRID, 1, defined],
  ['made', { hidden: 11, layers: 2, orders: 1, direct: 1 }, GRID, 1, defined],
  ['made', { hidden: 40, layers: 3, orders: 1 }, GRID, 1, defined],
  ['pixelcnn', { blocks: 2 }, { width: 6, height: 5 }, 0.3, defined],
  ['sparse-pixelcnn', { blocks: 2 }, { width: 6, height: 5 }, 0.3, defined],
];

describe.each(cases)('%s %o', (family, hyper, grid, scale, logits) => {
  it('changes with the pixels before as differences of its logits do, and not at all with later ones', () => {
    const model = randomModel(family, grid, scale, 3, hyper);
    const { inputGradient } = referenceOf(family).open(model);
    const next = numbers(5);
    const n = pixelCount(grid);
    for (const pixel of [0, 1, Math.floor(n / 2), n - 2, n - 1]) {
      const x = Float64Array.from({ length: n }, () => Number(next() < 0.4));
      const gradient = inputGradient!(packImages(grid, x), pixel);
      const plain = differences(logits, model, x, pixel);
      const most = plain.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      if (pixel === n - 1) expect(most).toBeGreaterThan(0.01);
      for (let j = 0; j < n; j++) {
        expect(Math.abs(gradient[j] - plain[j])).toBeLessThan(1e-6 * (1 + most));
        if (j >= pixel) expect(gradient[j]).toBe(0);
      }
    }
  });
});

it('of a sparse PixelCNN goes through the small network where the pixel is quiet', () => {
  const grid = { width: 5, height: 6 };
  const model = randomModel('sparse-pixelcnn', grid, 0.3, 3, { blocks: 1 });
  const x = new Float64Array(30);
  x[1] = x[7] = 1;
  const { inputGradient } = referenceOf('sparse-pixelcnn').open(model);
  const gradient = inputGradient!(packImages(grid, x), 29);
  expect(isActive(grid, x, 29)).toBe(false);
  const plain = differences(defined, model, x, 29);
  expect(plain.filter((value) => Math.abs(value) > 0.01).length).toBeGreaterThan(15);
  for (let j = 0; j < 30; j++) expect(Math.abs(gradient[j] - plain[j])).toBeLessThan(1e-6);
});

it('is left out where the model averages over several orders', () => {
  const { inputGradient } = referenceOf('made').open(randomModel('made', GRID, 1, 1, { hidden: 5 }));
  expect(inputGradient).toBeUndefined();
});
