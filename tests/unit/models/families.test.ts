import { describe, expect, it } from 'vitest';
import { getPixel, pixelCount, setPixel, sliceImages, unpackImage } from '../../../src/data/images.ts';
import { referenceOf } from '../../../src/engine/references.ts';
import { logBernoulli } from '../../../src/models/math.ts';
import { completeHyper, families } from '../../../src/models/registry.ts';
import type { Tensors } from '../../../src/models/types.ts';
import { allImages, randomImages, randomModel } from './families.ts';

const SMALL = { width: 3, height: 3 };
/** Neither a multiple of 4 pixels nor of a word or block. */
const ODD = { width: 13, height: 9 };

describe('the registry', () => {
  it('holds the families of every folder, each under its own name', () => {
    const ids = families.map((spec) => spec.id);
    expect(ids).toEqual(expect.arrayContaining(['independent', 'neighbours', 'fvsbn']));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe.each(families.map((spec) => [spec.id, spec] as const))('%s', (id, spec) => {
  const reference = referenceOf(id);

  it('counts its parameters as the sizes of its tensors', () => {
    for (const grid of [SMALL, ODD, { width: 28, height: 28 }]) {
      const hyper = completeHyper(spec);
      const stored = spec
        .tensors(grid, hyper)
        .reduce((sum, tensor) => sum + tensor.shape.reduce((product, length) => product * length, 1), 0);
      expect(spec.parameterCount(grid, hyper)).toBe(stored);
      expect(spec.refuses?.(grid, hyper) ?? null).toBeNull();
    }
  });

  it('has probabilities that sum to 1 over all images of a 3x3 grid', () => {
    for (const scale of [0.5, 3, 20]) {
      const model = randomModel(id, SMALL, scale);
      const logs = reference.open(model).logLikelihood(allImages(SMALL));
      const total = logs.reduce((sum, nats) => sum + Math.exp(nats), 0);
      expect(Math.abs(total - 1)).toBeLessThan(1e-6);
    }
  });

  it('scores an image the same alone and in a batch', () => {
    const model = reference.open(randomModel(id, ODD, 2));
    const images = randomImages(ODD, 150, 0.3);
    const together = model.logLikelihood(images);
    for (const m of [0, 1, 77, 149]) {
      expect(Math.abs(model.logLikelihood(sliceImages(images, m, 1))[0] - together[m])).toBeLessThan(1e-4);
    }
  });

  it('has conditionals whose product is the likelihood', () => {
    const model = reference.open(randomModel(id, ODD, 2));
    const images = randomImages(ODD, 100, 0.4);
    const logits = model.conditionalLogits(images);
    const n = pixelCount(ODD);
    expect(logits.length).toBe(100 * n);
    model.logLikelihood(images).forEach((nats, m) => {
      const x = unpackImage(images, m);
      const sum = x.reduce((total, xi, i) => total + logBernoulli(xi, logits[m * n + i]), 0);
      expect(Math.abs(sum - nats)).toBeLessThan(1e-4);
    });
  });

  it('looks only at earlier pixels: flipping later ones leaves a conditional as it is, bit for bit', () => {
    const model = reference.open(randomModel(id, ODD, 2));
    const n = pixelCount(ODD);
    const images = randomImages(ODD, n, 0.4);
    const before = model.conditionalLogits(images);
    const others = randomImages(ODD, n, 0.4, 9);
    // Image t keeps its pixels before t; pixel t itself and all after it are drawn anew.
    for (let t = 0; t < n; t++) {
      for (let i = t; i < n; i++) setPixel(images, t, i, getPixel(others, t, i));
    }
    const after = model.conditionalLogits(images);
    for (let t = 0; t < n; t++) {
      expect(after.slice(t * n, t * n + t + 1)).toEqual(before.slice(t * n, t * n + t + 1));
    }
  });

  it('survives extreme logits', () => {
    const images = randomImages(ODD, 70, 0.4);
    for (const nats of reference.open(randomModel(id, ODD, 1e4)).logLikelihood(images)) {
      expect(Number.isFinite(nats)).toBe(true);
      expect(nats).toBeLessThanOrEqual(0);
    }
  });

  it('samples 3x3 images with the probabilities that it scores them with', () => {
    const count = 100_000;
    const model = reference.open(randomModel(id, SMALL, 1.5));
    const sampler = model.sampler({ seed: 5, first: 0, count, temperature: 1 });
    sampler.advance(9);
    const histogram = new Float64Array(512);
    for (let m = 0; m < count; m++) histogram[sampler.images.words[m]]++;
    const expected = model.logLikelihood(allImages(SMALL)).map((nats) => count * Math.exp(nats));
    const statistic = chiSquared(histogram, expected);
    // Mean 1 and standard deviation sqrt(2 / degrees of freedom) when the two agree.
    expect(statistic.perDegree).toBeLessThan(1 + 5 * Math.sqrt(2 / statistic.degrees));
    expect(statistic.perDegree).toBeGreaterThan(1 - 5 * Math.sqrt(2 / statistic.degrees));
  });

  it('draws the same image alone, in a batch, and however the work is cut', () => {
    const model = reference.open(randomModel(id, ODD, 2));
    const whole = model.sampler({ seed: 7, first: 0, count: 6, temperature: 1 });
    whole.advance(pixelCount(ODD));
    const cut = model.sampler({ seed: 7, first: 0, count: 6, temperature: 1 });
    for (const pixels of [1, 0, 2, 55, 3, 7, 1000]) cut.advance(pixels);
    expect(cut.position).toBe(pixelCount(ODD));
    expect(cut.images.words).toEqual(whole.images.words);
    const alone = model.sampler({ seed: 7, first: 4, count: 1, temperature: 1 });
    alone.advance(pixelCount(ODD));
    expect(alone.images.words).toEqual(sliceImages(whole.images, 4, 1).words);
    const other = model.sampler({ seed: 8, first: 0, count: 6, temperature: 1 });
    other.advance(pixelCount(ODD));
    expect(other.images.words).not.toEqual(whole.images.words);
  });

  it('leaves undecided pixels blank', () => {
    const sampler = reference
      .open(randomModel(id, ODD, 0.1))
      .sampler({ seed: 1, first: 0, count: 20, temperature: 1 });
    sampler.advance(40);
    expect(sampler.position).toBe(40);
    for (let m = 0; m < 20; m++) {
      expect([...unpackImage(sampler.images, m).subarray(40)].some((x) => x !== 0)).toBe(false);
    }
    expect(sampler.images.words.some((word) => word !== 0)).toBe(true);
  });

  it('divides its logits by the temperature', () => {
    const model = randomModel(id, SMALL, 2);
    const half = { ...model, tensors: scaled(model.tensors, 0.5) };
    const hot = reference.open(model).sampler({ seed: 3, first: 0, count: 500, temperature: 2 });
    const cool = reference.open(half).sampler({ seed: 3, first: 0, count: 500, temperature: 1 });
    const plain = reference.open(model).sampler({ seed: 3, first: 0, count: 500, temperature: 1 });
    for (const sampler of [hot, cool, plain]) sampler.advance(9);
    expect(hot.images.words).toEqual(cool.images.words);
    expect(hot.images.words).not.toEqual(plain.images.words);
  });

  if (spec.training === 'descended') {
    it('has the gradient that central differences find', () => {
      const batch = randomImages(SMALL, 5, 0.5);
      const model = randomModel(id, SMALL, 1);
      const gradients = scaled(model.tensors, 0);
      const loss = reference.gradient!(model, batch, gradients);
      expect(loss).toBeCloseTo(-sum(reference.open(model).logLikelihood(batch)), 5);
      for (const [name, tensor] of Object.entries(model.tensors)) {
        tensor.forEach((value, at) => {
          const slope = centralDifference((delta) => {
            tensor[at] = value + delta;
            const nats = -sum(reference.open(model).logLikelihood(batch)) / batch.count;
            const reached = tensor[at];
            tensor[at] = value;
            return { nats, reached };
          });
          expect(Math.abs(gradients[name][at] - slope)).toBeLessThan(1e-5);
        });
      }
    });

    it('starts from the tensors that its spec names', () => {
      const hyper = completeHyper(spec);
      const means = new Float64Array(pixelCount(ODD)).map((_, i) => i / pixelCount(ODD));
      const tensors = reference.initialise!(ODD, hyper, means, 1);
      for (const { name, shape } of spec.tensors(ODD, hyper)) {
        expect(tensors[name].length).toBe(shape.reduce((product, length) => product * length, 1));
        expect(tensors[name].every((value) => Number.isFinite(value))).toBe(true);
      }
    });
  } else {
    it('gives finite tensors of the shapes that its spec names, even for no image at all', () => {
      const hyper = completeHyper(spec);
      for (const count of [0, 1, 40]) {
        const counter = reference.counter!(id, ODD, hyper);
        counter.add(randomImages(ODD, count, 0.3));
        const tensors = counter.finish();
        for (const { name, shape } of spec.tensors(ODD, hyper)) {
          expect(tensors[name].length).toBe(shape.reduce((product, length) => product * length, 1));
          expect(tensors[name].every((value) => Number.isFinite(value))).toBe(true);
        }
      }
    });
  }
});

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function scaled(tensors: Tensors, by: number): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.map((v) => v * by)]));
}

/** The weights are f32, so the step is the one that rounding leaves of it. */
function centralDifference(at: (delta: number) => { nats: number; reached: number }): number {
  const up = at(1e-3);
  const down = at(-1e-3);
  return (up.nats - down.nats) / (up.reached - down.reached);
}

/** Pearson's statistic over the cells; those that expect fewer than 10 are taken together. */
function chiSquared(observed: Float64Array, expected: Float64Array): { perDegree: number; degrees: number } {
  let statistic = 0;
  let cells = 0;
  const rest = { observed: 0, expected: 0 };
  expected.forEach((count, cell) => {
    if (count < 10) {
      rest.observed += observed[cell];
      rest.expected += count;
    } else {
      statistic += (observed[cell] - count) ** 2 / count;
      cells++;
    }
  });
  if (rest.expected > 0) {
    statistic += (rest.observed - rest.expected) ** 2 / rest.expected;
    cells++;
  }
  return { perDegree: statistic / (cells - 1), degrees: cells - 1 };
}
