import { describe, expect, it } from 'vitest';
import type { PackedImages } from '../../../src/data/images.ts';
import { MNIST_GRID, packImages, pixelCount, unpackImage } from '../../../src/data/images.ts';
import { indexRange, randomWords, Stream, streamKey, uniform } from '../../../src/data/rng.ts';
import { logBernoulli, sigmoid } from '../../../src/models/shared/math.ts';
import { definition, initialise, logPrior, reference } from '../../../src/models/mixture/reference.ts';
import { families } from '../../../src/models/mixture/spec.ts';
import type { Model } from '../../../src/models/model.ts';
import { worst } from '../../worst.ts';
import { iterate } from './em-iteration.ts';
import { allImages, numbers, randomImages, randomModel } from './families.ts';

const [spec] = families;
const SMALL = { width: 3, height: 3 };
const ODD = { width: 13, height: 9 };

/** Images of `kinds` kinds, whose pixels are noise about a random drawing each. */
function kindsOf(grid: Model['grid'], count: number, kinds: number): PackedImages {
  const next = numbers(11);
  const n = pixelCount(grid);
  const drawings = Float64Array.from({ length: kinds * n }, () => (next() < 0.4 ? 0.9 : 0.05));
  return packImages(
    grid,
    Uint8Array.from({ length: count * n }, (_, at) =>
      Number(next() < drawings[(Math.floor(at / n) % kinds) * n + (at % n)]),
    ),
  );
}

function meansOf(images: PackedImages): Float64Array {
  const means = new Float64Array(pixelCount(images.grid));
  for (let m = 0; m < images.count; m++)
    unpackImage(images, m).forEach((x, i) => (means[i] += x / images.count));
  return means;
}

function start(images: PackedImages, hyper: Model['hyper'], seed = 1): Model {
  const { grid } = images;
  return { family: 'mixture', grid, hyper, tensors: initialise(grid, hyper, meansOf(images), seed) };
}

describe('spec', () => {
  it('counts K n + K - 1 free parameters, one fewer than it stores', () => {
    expect(spec.parameterCount(MNIST_GRID, { components: 50 })).toBe(50 * 784 + 49);
    const sizes = spec.tensors(MNIST_GRID, { components: 50 }).map(({ shape }) => shape);
    expect(sizes).toEqual([[50], [784, 50]]);
  });

  it('refuses more numbers than a phone holds', () => {
    expect(spec.refuses?.(MNIST_GRID, { components: 500 }) ?? null).toBeNull();
    expect(spec.refuses?.({ width: 512, height: 512 }, { components: 500 })).toMatch(/^components: 500/);
  });
});

describe.each([1, 2, 7, 50])('%i components against the plain loops', (components) => {
  const model = randomModel('mixture', ODD, 2, 3, { components });
  const images = randomImages(ODD, 30, 0.3);
  const n = pixelCount(ODD);

  it('scores and reads', () => {
    const opened = reference.open(model);
    const logs = opened.logLikelihood(images);
    const logits = opened.conditionalLogits(images);
    for (let m = 0; m < images.count; m++) {
      const x = unpackImage(images, m);
      expect(Math.abs(logs[m] - definition.logLikelihood(model, x))).toBeLessThan(1e-9);
      expect(worst(logits.subarray(m * n, m * n + n), definition.logits(model, x))).toBeLessThan(1e-6);
      const chain = logits.subarray(m * n, m * n + n).reduce((sum, z, i) => sum + logBernoulli(x[i], z), 0);
      expect(Math.abs(chain - logs[m])).toBeLessThan(1e-4);
    }
  });

  it('takes the step of EM that brute force takes', () => {
    const { nats, tensors } = iterate(model, images);
    const plain = definition.emIteration!(model, images);
    expect(worst(tensors.weight, plain.weight)).toBeLessThan(1e-6);
    expect(worst(tensors.logit, plain.logit)).toBeLessThan(1e-6);
    const sum = reference.open(model).logLikelihood(images);
    expect(Math.abs(nats - sum.reduce((total, one) => total + one, 0))).toBeLessThan(1e-9 * images.count * n);
  });
});

it('is the sum over components of products of Bernoullis, by hand', () => {
  const tensors = {
    weight: Float32Array.of(Math.log(3), 0),
    logit: Float32Array.of(0, Math.log(3), Math.log(1 / 3), 0),
  };
  const model: Model = {
    family: 'mixture',
    grid: { width: 2, height: 1 },
    hyper: { components: 2 },
    tensors,
  };
  // pi = 3/4, 1/4; theta = (1/2, 1/4) and (3/4, 1/2)
  const expected = [(3 / 4 / 2) * (3 / 4) + 1 / 32, 9 / 32 + 3 / 32, 3 / 32 + 1 / 32, 3 / 32 + 3 / 32];
  const logs = reference.open(model).logLikelihood(allImages(model.grid));
  expected.forEach((p, m) => expect(Math.exp(logs[m])).toBeCloseTo(p, 6));
});

it('keeps conditionals exact where all weight is on the wrong component', () => {
  const model = randomModel('mixture', SMALL, 500, 4, { components: 5 });
  const images = allImages(SMALL);
  const logits = reference.open(model).conditionalLogits(images);
  for (let m = 0; m < images.count; m++) {
    const plain = definition.logits(model, unpackImage(images, m));
    expect(worst(logits.subarray(m * 9, m * 9 + 9), plain)).toBeLessThan(1e-3);
    expect(plain.every(Number.isFinite)).toBe(true);
  }
});

describe('EM', () => {
  it.each([
    [0.01, 4],
    [1, 4],
    [1, 12],
    [20, 6],
  ])('smoothed by %f images never lowers log-likelihood plus log prior', (strength, components) => {
    const images = kindsOf(ODD, 300, 6);
    let model = start(images, { components, strength });
    let before = -Infinity;
    const first = iterate(model, images).nats;
    for (let round = 0; round < 25; round++) {
      const { nats, tensors } = iterate(model, images);
      const objective = nats + logPrior(model);
      // The tensors are f32, so the maximum is met to their last digit only, and the objective to its square.
      expect(objective - before).toBeGreaterThan(-1e-9 * Math.abs(objective));
      before = objective;
      model = { ...model, tensors };
    }
    expect(iterate(model, images).nats).toBeGreaterThan(first + 100);
  });

  it('finds the kinds that the images were made of', () => {
    const images = kindsOf(ODD, 600, 3);
    let model = start(images, { components: 3, strength: 0.5 }, 2);
    for (let round = 0; round < 20; round++) model = { ...model, tensors: iterate(model, images).tensors };
    for (const w of model.tensors.weight) expect(Math.exp(w)).toBeCloseTo(1 / 3, 2);
  });

  it('gives a distribution for no image at all', () => {
    const model = start(kindsOf(SMALL, 5, 2), { components: 3, strength: 1 });
    const tensors = reference.emIteration!(model).finish();
    expect([...tensors.logit]).toEqual(Array(27).fill(0));
    for (const w of tensors.weight) expect(Math.exp(w)).toBeCloseTo(1 / 3, 6);
  });

  it('starts elsewhere for another seed, and anywhere but at equal components', () => {
    const images = kindsOf(ODD, 40, 2);
    const one = start(images, { components: 4, strength: 1 }, 1).tensors;
    expect(start(images, { components: 4, strength: 1 }, 1).tensors).toEqual(one);
    expect(start(images, { components: 4, strength: 1 }, 2).tensors.logit).not.toEqual(one.logit);
    expect(new Set(one.logit.subarray(0, 4)).size).toBe(4);
    const blank = initialise(ODD, { components: 4, strength: 1 }, new Float64Array(117), 1);
    expect([...blank.logit, ...blank.weight].every(Number.isFinite)).toBe(true);
  });
});

describe('sampler', () => {
  it.each([1, 0.6])(
    'draws the component first, then independent pixels, at temperature %f',
    (temperature) => {
      const model = randomModel('mixture', ODD, 2, 5, { components: 6 });
      const request = { seed: 77, indices: indexRange(1000, 40), temperature };
      const sampler = reference.open(model).sampler(request);
      sampler.advance(50);
      sampler.advance(1000);
      const scaled = [...model.tensors.weight].map((w) => Math.exp(w / temperature));
      const total = scaled.reduce((sum, w) => sum + w, 0);
      const drawn = new Set<number>();
      for (let m = 0; m < 40; m++) {
        const own = new Uint32Array(1);
        randomWords(77, streamKey(Stream.component), 1000 + m, own);
        let k = 0;
        for (let sum = scaled[0]; uniform(own[0]) >= sum / total; sum += scaled[++k]);
        drawn.add(k);
        const words = new Uint32Array(117);
        randomWords(77, streamKey(Stream.sample), 1000 + m, words);
        const expected = Array.from(words, (word, i) =>
          Number(uniform(word) < sigmoid(model.tensors.logit[i * 6 + k] / temperature)),
        );
        expect([...unpackImage(sampler.images, m)]).toEqual(expected);
      }
      expect(drawn.size).toBeGreaterThan(2);
    },
  );
});
