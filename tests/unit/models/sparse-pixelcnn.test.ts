import { describe, expect, it } from 'vitest';
import {
  type Grid,
  MNIST_GRID,
  getPixel,
  pixelCount,
  setPixel,
  sliceImages,
  unpackImage,
} from '../../../src/data/images.ts';
import {
  definition,
  isActive,
  logLikelihood,
  logits,
} from '../../../src/models/sparse-pixelcnn/definition.ts';
import { Group } from '../../../src/models/sparse-pixelcnn/group.ts';
import { initialise } from '../../../src/models/sparse-pixelcnn/initialise.ts';
import { reference } from '../../../src/models/sparse-pixelcnn/reference.ts';
import { sparseSampler } from '../../../src/models/sparse-pixelcnn/sampler.ts';
import { LIMIT } from '../../../src/models/sparse-pixelcnn/layout.ts';
import { folderSpec } from '../../../src/models/registry.ts';
import { logBernoulli, sigmoid, softplus } from '../../../src/models/shared/math.ts';
import type { Model, Tensors } from '../../../src/models/model.ts';
import { fused, simd } from '../simd/implementations.ts';
import { allImages, numbers, plainSample, randomImages, randomModel } from './families.ts';

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
    const grid: Grid = { width: 6, height: 5 };
    const given = model(grid, 2);
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
        for (let turn = 0; turn < 5; turn++) {
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

/** What computes: see Reference.open. */
const COMPUTERS = [
  ['typed arrays', null],
  [simd.description, simd],
  [fused.description, fused],
] as const;

describe.each([
  [{ width: 1, height: 1 }, 1],
  [SMALL, 3],
  [{ width: 1, height: 12 }, 2],
  [{ width: 17, height: 2 }, 2],
  [ODD, 8],
  [{ width: 23, height: 14 }, 2],
] as const)('on %o with %i blocks', (grid, blocks) => {
  const n = pixelCount(grid);
  const given = model(grid, blocks);
  const images = randomImages(grid, 7, 0.15);
  const plainLogits = lazily(() =>
    Array.from({ length: 7 }, (_, m) => logits(given, unpackImage(images, m))),
  );
  const later = { ...given, tensors: scaled(given.tensors, 0.9) };
  const batch = sliceImages(images, 1, 4);
  const soft = softTargets(grid, 4);
  const plainGradients = lazily(() =>
    [null, soft].map((t) => {
      const gradients = zerosLike(given.tensors);
      return { loss: definition.gradient!(later, batch, gradients, { soft: t }), gradients };
    }),
  );

  it.each(COMPUTERS)('scores and reads as the plain loops do, by %s', (_, computer) => {
    const opened = reference.open(given, computer);
    const scores = opened.logLikelihood(images);
    const read = opened.conditionalLogits(images);
    for (let m = 0; m < 7; m++) {
      const x = unpackImage(images, m);
      const z = plainLogits()[m];
      const nats = z.reduce((sum, value, i) => sum + logBernoulli(x[i], value), 0);
      expect(Math.abs(scores[m] - nats)).toBeLessThan(1e-4);
      z.forEach((value, i) => {
        expect(Math.abs(read[m * n + i] - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
      });
    }
    expect(logLikelihood(given, unpackImage(images, 0))).toBeCloseTo(scores[0], 3);
  });

  it.each(COMPUTERS)('looks at no later pixel, bit for bit, by %s', (_, computer) => {
    const opened = reference.open(given, computer);
    const before = opened.conditionalLogits(images);
    const others = randomImages(grid, 7, 0.5, 6);
    for (const from of [Math.floor(n / 3), Math.floor(n / 2), n - 1]) {
      const changed = { ...images, words: images.words.slice() };
      for (let m = 0; m < 7; m++)
        for (let i = from; i < n; i++) setPixel(changed, m, i, getPixel(others, m, i));
      const after = opened.conditionalLogits(changed);
      for (let m = 0; m < 7; m++) {
        const earlier = (all: Float32Array) => all.subarray(m * n, m * n + from + 1);
        expect(earlier(after)).toEqual(earlier(before));
      }
    }
  });

  it.each(COMPUTERS)(
    'has the gradient of the plain loops at the weights of the moment, by %s',
    (_, computer) => {
      const own = { ...given, tensors: scaled(given.tensors, 1) };
      const descent = reference.openGradient!(own, computer);
      const fast = zerosLike(own.tensors);
      for (const gradient of Object.values(fast)) gradient.fill(7);
      descent.gradient(batch, fast);
      for (const [name, tensor] of Object.entries(own.tensors)) tensor.set(later.tensors[name]);
      [null, soft].forEach((t, at) => {
        const loss = descent.gradient(batch, fast, { soft: t });
        const plain = plainGradients()[at];
        expect(Math.abs(loss / plain.loss - 1)).toBeLessThan(1e-6);
        for (const [name, values] of Object.entries(plain.gradients)) {
          const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
          const apart = values.reduce((most, v, k) => Math.max(most, Math.abs(v - fast[name][k])), 0);
          expect(apart / largest, name).toBeLessThan(1e-5);
        }
      });
    },
  );

  it.each(COMPUTERS)('samples what the plain loops would, at once and in pieces, by %s', (_, computer) => {
    const opened = reference.open(given, computer);
    const indices = Uint32Array.of(70_000, 4, 5);
    const pieces = opened.sampler({ seed: 9, indices, temperature: 0.8 });
    for (const pixels of [1, 7, 0, 20, 3, n]) pieces.advance(pixels);
    const whole = opened.sampler({ seed: 9, indices, temperature: 0.8 });
    whole.advance(n);
    expect(pieces.images.words).toEqual(whole.images.words);
    if (n * blocks > 50) return;
    indices.forEach((index, m) => {
      const drawn = plainSample((seen) => logits(given, seen), n, 9, index, 0.8);
      expect([...unpackImage(whole.images, m)]).toEqual(drawn);
    });
  });
});

/** The logits that a sampler decides by are those that a reader finds, bit for bit: a pass of few rows gives what one of many gives. */
it.each(COMPUTERS)('draws by the very logits that it reads, by %s', (_, computer) => {
  const given = model(ODD, 3);
  const n = pixelCount(ODD);
  const opened = reference.open(given, computer);
  const seen = opened.sampler({
    seed: 3,
    indices: Uint32Array.from({ length: 70 }, (_, m) => m),
    temperature: 1,
  });
  seen.advance(n);
  const read = opened.conditionalLogits(seen.images);
  const group = new Group(given, 64, computer);
  group.begin(5);
  group.run(0, n, (m, i, z) => {
    expect(z).toBe(read[m * n + i]);
    return getPixel(seen.images, m, i) === 1;
  });
});

it.each(COMPUTERS)(
  'draws the same images in groups, and where there are too many to keep their features, by %s',
  (_, computer) => {
    const given = model(ODD, 2);
    const indices = Uint32Array.from({ length: 150 }, (_, m) => m % 75);
    const draw = (maxKeptBytes: number, pieces: readonly number[]) => {
      const sampler = sparseSampler(given, { seed: 2, indices, temperature: 1 }, computer, maxKeptBytes);
      for (const pixels of pieces) sampler.advance(pixels);
      return sampler.images.words;
    };
    const whole = draw(0, [63]);
    expect(whole.subarray(75 * 2)).toEqual(whole.subarray(0, 75 * 2));
    expect(draw(2 ** 26, [5, 20, 38])).toEqual(whole);
    // 21 pixels of 64 images, 65 numbers of 4 bytes each: one group is kept, the others are computed anew.
    expect(draw(400_000, [5, 20, 38])).toEqual(whole);
    expect(draw(0, [5, 20, 38])).toEqual(whole);
  },
);

it.each(COMPUTERS)(
  'gives probabilities that sum to 1 over all images, at weights small and large, by %s',
  (_, computer) => {
    for (const scale of [0.2, 2, 50, 1e4]) {
      const logs = reference.open(model(SMALL, 2, scale), computer).logLikelihood(allImages(SMALL));
      expect(Math.abs(logs.reduce((sum, nats) => sum + Math.exp(nats), 0) - 1)).toBeLessThan(1e-6);
    }
  },
);

it.each(COMPUTERS)('stays finite at large weights, its gradient too, by %s', (_, computer) => {
  const given = model(ODD, 8, 1e4);
  const images = randomImages(ODD, 3, 0.4);
  const gradients = zerosLike(given.tensors);
  expect(Number.isFinite(reference.openGradient!(given, computer).gradient(images, gradients))).toBe(true);
  expect(Object.values(gradients).every((g) => g.every((value) => Number.isFinite(value)))).toBe(true);
  // The stream is at its bound all over: nothing comes through to the first layer.
  expect(gradients.relative.every((value) => value === 0)).toBe(true);
  expect(
    reference
      .open(given, computer)
      .logLikelihood(images)
      .every((nats) => Number.isFinite(nats)),
  ).toBe(true);
});

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function scaled(tensors: Tensors, by: number): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.map((v) => by * v)]));
}
