import { expect, it } from 'vitest';
import { type PackedImages, pixelCount, unpackImage } from '../../../src/data/images.ts';
import { logSumExp, sigmoid } from '../../../src/models/shared/math.ts';
import { layerNames, unitDegrees } from '../../../src/models/made/masks.ts';
import { reference as made } from '../../../src/models/made/reference.ts';
import { logJoint, reference as mixture } from '../../../src/models/mixture/reference.ts';
import { reference as nade } from '../../../src/models/nade/reference.ts';
import type { CpuFeatures } from '../../../src/models/features.ts';
import type { Model } from '../../../src/models/model.ts';
import { randomImages, randomModel } from './families.ts';

const GRIDS = [
  { width: 1, height: 1 },
  { width: 3, height: 3 },
  { width: 13, height: 5 },
];

function imagesOf(grid: Model['grid']): PackedImages {
  const images = randomImages(grid, 9, 0.4);
  images.words.fill(0, 0, images.words.length / 9);
  return images;
}

/** Every activation of every image beside its definition: [unit] => value of an image x. */
function compare(
  features: CpuFeatures,
  images: PackedImages,
  define: (x: Uint8Array) => ArrayLike<number>,
): void {
  const values = features.activations(images);
  expect(values.length).toBe(images.count * features.units);
  for (let m = 0; m < images.count; m++) {
    const expected = define(unpackImage(images, m));
    expect(expected.length).toBe(features.units);
    for (let k = 0; k < features.units; k++)
      expect(values[m * features.units + k]).toBeCloseTo(expected[k], 5);
  }
}

it.each(GRIDS)(
  'NADE: units after the last pixel, and their columns of weights ($width x $height)',
  (grid) => {
    const n = pixelCount(grid);
    const model = randomModel('nade', grid, 1.5, 1, { hidden: 7 });
    const { hidden_bias: c, input: w } = model.tensors;
    const features = nade.open(model).features!;
    expect([features.units, features.kind]).toEqual([7, 'weights']);
    compare(features, imagesOf(grid), (x) =>
      c.map((bias, k) => sigmoid(x.reduce((sum, xi, i) => sum + xi * w[i * 7 + k], bias))),
    );
    for (let k = 0; k < 7; k++) {
      const column = Float32Array.from({ length: n }, (_, i) => w[i * 7 + k]);
      expect(features.pictures.subarray(k * n, k * n + n)).toEqual(column);
    }
  },
);

it.each(GRIDS)(
  'mixture: responsibilities of an image, and pixel means of the components ($width x $height)',
  (grid) => {
    const n = pixelCount(grid);
    const model = randomModel('mixture', grid, 2, 1, { components: 5 });
    const features = mixture.open(model).features!;
    expect([features.units, features.kind]).toEqual([5, 'probabilities']);
    const images = imagesOf(grid);
    compare(features, images, (x) => {
      const joint = logJoint(model, x);
      return joint.map((nats) => Math.exp(nats - logSumExp(joint)));
    });
    const ratios = features.logRatios!(images);
    for (let m = 0; m < images.count; m++) {
      const joint = logJoint(model, unpackImage(images, m));
      const logs = joint.map((nats) => nats - logSumExp(joint));
      const mean = logs.reduce((sum, nats) => sum + nats, 0) / 5;
      logs.forEach((nats, k) => expect(ratios[m * 5 + k]).toBeCloseTo(nats - mean, 3));
    }
    const nats = features.components!.logJoint(images);
    for (let m = 0; m < images.count; m++)
      logJoint(model, unpackImage(images, m)).forEach((expected, k) =>
        expect(nats[m * 5 + k]).toBeCloseTo(expected, 3),
      );
    const { weight } = model.tensors;
    features.components!.weights.forEach((p, k) =>
      expect(p).toBeCloseTo(Math.exp(weight[k] - logSumExp(Float64Array.from(weight))), 6),
    );
    expect(features.components!.trees).toBeNull();
    features.pictures.forEach((p, at) =>
      expect(p).toBeCloseTo(sigmoid(model.tensors.logit[(at % n) * 5 + Math.floor(at / n)]), 6),
    );
  },
);

it('mixture: responsibilities that no f32 and no exponential could hold are still shares of 1', () => {
  const grid = { width: 28, height: 28 };
  const model = randomModel('mixture', grid, 30, 1, { components: 4 });
  const features = mixture.open(model).features!;
  const images = randomImages(grid, 6, 0.3);
  const shares = features.activations(images);
  for (let m = 0; m < 6; m++) {
    expect(shares.subarray(m * 4, m * 4 + 4).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
  }
  expect(features.logRatios!(images).every(Number.isFinite)).toBe(true);
});

it.each([1, 3])('MADE: rectified units of the first layer behind their masks, %i orders', (orders) => {
  const grid = { width: 5, height: 3 };
  const n = pixelCount(grid);
  const model = randomModel('made', grid, 1.5, 1, { hidden: 11, layers: 2, orders });
  const w = model.tensors[layerNames(1).weight];
  const b = model.tensors[layerNames(1).bias];
  const degree = unitDegrees(n, 11);
  const features = made.open(model).features!;
  expect([features.units, features.kind]).toEqual([11, 'weights']);
  // Row by row, a unit of degree m sees pixels 0 to m.
  const seen = (i: number, k: number) => (i <= degree[k] ? w[i * 11 + k] : 0);
  compare(features, imagesOf(grid), (x) =>
    b.map((bias, k) =>
      Math.max(
        0,
        x.reduce((sum, xi, i) => sum + xi * seen(i, k), bias),
      ),
    ),
  );
  features.pictures.forEach((value, at) => expect(value).toBe(seen(at % n, Math.floor(at / n))));
});

it('families of tables have none', async () => {
  const { reference: tables } = await import('../../../src/models/bayes-net/reference.ts');
  expect(tables.open(randomModel('chain', GRIDS[1], 1)).features).toBeUndefined();
});
