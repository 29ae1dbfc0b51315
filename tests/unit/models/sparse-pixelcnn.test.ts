import { describe, expect, it } from 'vitest';
import { type Grid, MNIST_GRID, pixelCount, unpackImage } from '../../../src/data/images.ts';
import { definition, isActive, logits } from '../../../src/models/sparse-pixelcnn/definition.ts';
import { initialise } from '../../../src/models/sparse-pixelcnn/initialise.ts';
import { LIMIT } from '../../../src/models/sparse-pixelcnn/layout.ts';
import { folderSpec } from '../../../src/models/registry.ts';
import { sigmoid, softplus } from '../../../src/models/shared/math.ts';
import type { Model, Tensors } from '../../../src/models/types.ts';
import { numbers, randomImages, randomModel } from './families.ts';

const FAMILY = 'sparse-pixelcnn';
const SMALL: Grid = { width: 3, height: 3 };
const ODD: Grid = { width: 9, height: 7 };

/** Weights of about the size that training begins with, biases included. */
function model(grid: Grid, blocks: number, scale = 0.2): Model {
  return randomModel(FAMILY, grid, scale, 1, { blocks });
}

function zerosLike(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, new Float32Array(t.length)]));
}

/** Probabilities of ink for every pixel, [count, n]. */
function softTargets(grid: Grid, count: number): Float32Array<ArrayBuffer> {
  const next = numbers(5);
  return Float32Array.from({ length: count * pixelCount(grid) }, () => Math.max(0, 1.4 * next() - 0.4));
}

describe('parameters', () => {
  it('are counted by the formula that the card gives', () => {
    const { parameterCount } = folderSpec(FAMILY);
    expect(parameterCount(MNIST_GRID, { blocks: 8 })).toBe(528_352);
    for (const blocks of [1, 8])
      expect(parameterCount(SMALL, { blocks })).toBe(50_624 + 514 * 9 + 9344 * blocks);
  });

  it('of a grid whose features would not fit are refused, naming the field', () => {
    const { refuses } = folderSpec(FAMILY);
    expect(refuses!(MNIST_GRID, { blocks: 8 })).toBeNull();
    expect(refuses!({ width: 181, height: 181 }, { blocks: 8 })).toBeNull();
    expect(refuses!({ width: 182, height: 181 }, { blocks: 8 })).toMatch(/^grid: /);
  });
});

describe('an active pixel', () => {
  it('has ink within two columns in the two rows above, or to its left in its own row', () => {
    const grid: Grid = { width: 7, height: 5 };
    const pixel = 3 * 7 + 3;
    const seen: string[] = [];
    for (let j = 0; j < pixelCount(grid); j++) {
      const x = new Uint8Array(pixelCount(grid));
      x[j] = 1;
      if (isActive(grid, x, pixel)) seen.push(`${Math.floor(j / 7) - 3} ${(j % 7) - 3}`);
    }
    const above = [-2, -1].flatMap((row) => [-2, -1, 0, 1, 2].map((column) => `${row} ${column}`));
    expect(seen).toEqual([...above, '0 -2', '0 -1']);
  });

  it('does not look past the left and right edge', () => {
    const x = new Uint8Array(15);
    x[4] = 1;
    expect([5, 6, 7, 8, 9].map((pixel) => isActive({ width: 5, height: 3 }, x, pixel))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });
});

describe('the definition', () => {
  it('has the gradient that central differences find, of bits and of soft targets', () => {
    const grid = ODD;
    const given = model(grid, 3);
    const batch = randomImages(grid, 2, 0.4);
    const n = pixelCount(grid);
    for (const soft of [null, softTargets(grid, 2)]) {
      const gradients = zerosLike(given.tensors);
      const targets = (m: number) => soft?.subarray(m * n, (m + 1) * n) ?? unpackImage(batch, m);
      const loss = () =>
        [0, 1].reduce((sum, m) => {
          const t = targets(m);
          return logits(given, unpackImage(batch, m)).reduce((s, z, i) => s + softplus(z) - t[i] * z, sum);
        }, 0);
      expect(definition.gradient!(given, batch, gradients, { soft })).toBeCloseTo(loss(), 9);
      const next = numbers(8);
      for (const [name, tensor] of Object.entries(given.tensors)) {
        const largest = gradients[name].reduce((most, v) => Math.max(most, Math.abs(v)), 0);
        for (let turn = 0; turn < 6; turn++) {
          const at = Math.floor(next() * tensor.length);
          const value = tensor[at];
          const [up, down] = [1e-4, -1e-4].map((delta) => {
            tensor[at] = value + delta;
            return { nats: loss(), reached: tensor[at] };
          });
          tensor[at] = value;
          const slope = (up.nats - down.nats) / (up.reached - down.reached) / 2;
          expect(Math.abs(gradients[name][at] - slope), `${name}[${at}]`).toBeLessThan(1e-4 * largest);
        }
      }
    }
  });

  it('keeps features within their bound, which stops the gradient', () => {
    const given = model(ODD, 8, 1e4);
    const images = randomImages(ODD, 2, 0.4);
    const gradients = zerosLike(given.tensors);
    expect(Number.isFinite(definition.gradient!(given, images, gradients))).toBe(true);
    expect(Object.values(gradients).every((g) => g.every((value) => Number.isFinite(value)))).toBe(true);
    expect(gradients.relative.every((value) => value === 0)).toBe(true);
    expect(LIMIT).toBe(2 ** 20);
  });
});

describe('initialise', () => {
  it('begins near the mean of every pixel, with biases of 0, another for another seed', () => {
    const means = Float64Array.from({ length: pixelCount(ODD) }, (_, i) => (i % 5) / 5);
    const tensors = initialise(ODD, { blocks: 2 }, means, 3);
    const z = logits({ family: FAMILY, grid: ODD, hyper: { blocks: 2 }, tensors }, new Uint8Array(63));
    z.forEach((value, i) => {
      expect(Math.abs(sigmoid(value) - means[i])).toBeLessThan(0.001);
    });
    expect(tensors.down.subarray(64 * 32, 65 * 32).every((v) => v === 0)).toBe(true);
    expect(tensors.down.subarray(65 * 32, 66 * 32).every((v) => v !== 0)).toBe(true);
    const { relative } = tensors;
    expect(Math.sqrt(relative.reduce((s, v) => s + v * v, 0) / relative.length)).toBeCloseTo(0.1, 2);
    expect(initialise(ODD, { blocks: 2 }, means, 3)).toEqual(tensors);
    expect(initialise(ODD, { blocks: 2 }, means, 4).up).not.toEqual(tensors.up);
  });
});
