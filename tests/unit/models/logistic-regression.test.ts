import { describe, expect, it } from 'vitest';
import { CLASSES, MNIST_GRID, sliceImages, unpackImage } from '../../../src/data/images.ts';
import { adamTensors } from '../../../src/engine/backends/adam.ts';
import { definition, initialise, reference } from '../../../src/models/logistic-regression/reference.ts';
import { families } from '../../../src/models/logistic-regression/spec.ts';
import type { Model, Tensors } from '../../../src/models/model.ts';
import { numbers, randomImages, randomModel } from './families.ts';

const ODD = { width: 13, height: 9 };
const next = numbers(21);
const labels = Uint8Array.from({ length: 40 }, () => Math.floor(next() * CLASSES));
const images = randomImages(ODD, 40, 0.3);

function filled(tensors: Tensors, value: number): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => [name, new Float32Array(t.length).fill(value)]),
  );
}

describe('logistic regression', () => {
  it('has 10 n + 10 parameters and is a classifier without classes of its own', () => {
    const [spec] = families;
    expect(spec.parameterCount(MNIST_GRID, {})).toBe(7850);
    expect([spec.task, spec.classes]).toEqual(['classifier', 'never']);
  });

  it('reads the class logits of the plain loops', () => {
    const model = randomModel('logistic-regression', ODD, 1);
    const found = reference.open(model).classLogits!(images);
    for (let m = 0; m < images.count; m++) {
      const plain = definition.logits(model, unpackImage(images, m));
      plain.forEach((z, y) => expect(Math.abs(found[m * CLASSES + y] - z)).toBeLessThan(1e-9));
    }
  });

  it('has the gradient and the loss of the plain loops', () => {
    const model = randomModel('logistic-regression', ODD, 1);
    for (const [first, count] of [
      [3, 1],
      [5, 30],
    ]) {
      const batch = sliceImages(images, first, count);
      const own = labels.subarray(first, first + count);
      const fast = filled(model.tensors, 7);
      const plain = filled(model.tensors, 7);
      const loss = reference.openGradient!(model).gradient(batch, fast, { labels: own });
      expect(loss).toBeCloseTo(definition.gradient!(model, batch, plain, { labels: own }), 6);
      for (const name of ['bias', 'weight'] as const)
        fast[name].forEach((g, at) => expect(Math.abs(g - plain[name][at])).toBeLessThan(1e-6));
    }
  });

  it('gives every class log 1/10 before training, and the right class of separable images afterwards', () => {
    const tensors = initialise(ODD);
    const model: Model = { family: 'logistic-regression', grid: ODD, hyper: {}, tensors };
    expect(definition.logLikelihood(model, unpackImage(images, 0), 4)).toBeCloseTo(-Math.log(10), 9);
    const [gradients, first, second] = [0, 0, 0].map((value) => filled(tensors, value));
    let loss = Infinity;
    for (let step = 1; step <= 200; step++) {
      loss = reference.openGradient!(model).gradient(images, gradients, { labels });
      adamTensors(tensors, gradients, first, second, step, 0.05);
    }
    expect(loss / images.count).toBeLessThan(0.01);
    const logits = reference.open(model).classLogits!(images);
    labels.forEach((label, m) => {
      const own = logits.subarray(m * CLASSES, (m + 1) * CLASSES);
      expect(own.indexOf(Math.max(...own))).toBe(label);
    });
  });

  it('stays finite for extreme weights', () => {
    const model = randomModel('logistic-regression', ODD, 1e4);
    const gradients = filled(model.tensors, 0);
    expect(Number.isFinite(reference.openGradient!(model).gradient(images, gradients, { labels }))).toBe(
      true,
    );
    expect(gradients.weight.every(Number.isFinite)).toBe(true);
  });

  it('needs labels to learn, and has no p(x)', () => {
    const model = randomModel('logistic-regression', ODD, 1);
    const gradients = filled(model.tensors, 0);
    expect(() => reference.openGradient!(model).gradient(images, gradients)).toThrow(/^labels/);
    expect(() => definition.gradient!(model, images, gradients)).toThrow(/^labels/);
    expect(() => definition.logLikelihood(model, unpackImage(images, 0))).toThrow(/^label/);
    expect(() => reference.open(model).logLikelihood(images)).toThrow(/no p\(x\)/);
  });
});
