import { describe, expect, it } from 'vitest';
import { pixelCount, sliceImages, unpackImage } from '../../../src/data/images.ts';
import { inverseOrder } from '../../../src/data/orders.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { referenceOf, zerosLike } from '../../../src/engine/backends/references.ts';
import {
  averagedOrders,
  completeHyper,
  families,
  folderSpec,
  withRole,
} from '../../../src/models/registry.ts';
import { expectedLogBernoulli, logBernoulli } from '../../../src/models/shared/math.ts';
import { pixelOrder } from '../../../src/models/shared/order.ts';
import { stackTensors } from '../../../src/models/shared/class-conditional.ts';
import type { Tensors } from '../../../src/models/model.ts';
import { expectSlopes } from './finite-differences.ts';
import {
  allImages,
  definitionOf,
  nameOf,
  numbers,
  randomImages,
  randomModel,
  variantsOf,
} from './families.ts';

const SMALL = { width: 3, height: 3 };
const TINY = { width: 3, height: 2 };
/** Neither a multiple of 4 pixels nor of a word or block. */
const ODD = { width: 13, height: 9 };

/** Probabilities of ink: a third 0, a third 1, as in a digit, and the rest grey. */
function grey(count: number, seed: number): Float32Array<ArrayBuffer> {
  const next = numbers(seed);
  return Float32Array.from({ length: count }, () =>
    Math.min(1, Math.max(0, Math.round(255 * (3 * next() - 1)) / 255)),
  );
}

const descended = families
  .map((spec) => folderSpec(spec.id))
  .filter((spec) => spec.training === 'descended' && spec.task === 'density')
  .flatMap((spec) => variantsOf(spec).map((hyper) => [nameOf(spec, hyper), spec, hyper] as const));

/** Numbers of a tensor whose slope is measured. */
const MAX_NUDGED = 60;

const largest = (values: Float32Array) =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);

describe.each(descended)('soft targets of %s', (_, { id }, hyper) => {
  const definition = definitionOf(id);
  const slopes = (
    model: ReturnType<typeof randomModel>,
    images: ReturnType<typeof randomImages>,
    soft: Float32Array,
  ) => {
    const gradients = zerosLike(model.tensors);
    return { loss: definition.gradient!(model, images, gradients, { soft }), gradients };
  };

  it.each([SMALL, ODD])('have the definition’s gradient on $width x $height', (grid) => {
    const batch = randomImages(grid, 21, 0.3);
    const soft = grey(batch.count * pixelCount(grid), 4);
    const model = randomModel(id, grid, 0.3, 1, hyper);
    const plain = slopes(model, batch, soft);
    const fast = zerosLike(model.tensors);
    const loss = referenceOf(id).openGradient!(model).gradient(batch, fast, { soft });
    expect(Math.abs(loss / plain.loss - 1)).toBeLessThan(1e-6);
    for (const [name, tensor] of Object.entries(plain.gradients)) {
      const errors = tensor.map((value, at) => Math.abs(value - fast[name][at]));
      expect(Math.max(...errors), name).toBeLessThan(2e-6 * largest(tensor));
    }
  });

  it('have the gradient that differences find', () => {
    const batch = randomImages(SMALL, 2, 0.5);
    const soft = grey(2 * 9, 5);
    const model = randomModel(id, SMALL, 1, 1, hyper);
    const { gradients } = slopes(model, batch, soft);
    // From the logits alone where the chain rule holds: a gradient for every slope takes long.
    const lossOf = (m: number) => {
      const t = soft.subarray(9 * m, 9 * m + 9);
      const z = definition.logits(model, unpackImage(batch, m));
      return z.reduce((sum, logit, i) => sum - expectedLogBernoulli(t[i], logit), 0);
    };
    const loss = () => (averagedOrders(model) > 1 ? slopes(model, batch, soft).loss : lossOf(0) + lossOf(1));
    expectSlopes(model.tensors, gradients, loss, batch.count, MAX_NUDGED);
  });

  it('are the bits where they are 0 and 1', () => {
    const batch = randomImages(ODD, 9, 0.3);
    const soft = Float32Array.from(Array.from({ length: 9 }, (_, m) => [...unpackImage(batch, m)]).flat());
    const model = randomModel(id, ODD, 0.3, 1, hyper);
    const descent = referenceOf(id).openGradient!(model);
    const [hard, same] = [zerosLike(model.tensors), zerosLike(model.tensors)];
    const loss = descent.gradient(batch, hard);
    expect(Math.abs(descent.gradient(batch, same, { soft }) / loss - 1)).toBeLessThan(1e-12);
    expect(same).toEqual(hard);
    expect(descent.gradient(batch, same, { soft: soft.map((share) => 1 - share) })).not.toBeCloseTo(loss, 0);
  });

  /** Sums over all images of a grid, each weighted by its probability under independent pixels of the grey levels. */
  const expectation = (
    soft: Float32Array | null,
    model: ReturnType<typeof randomModel>,
    ink: Float32Array,
  ) => {
    const images = allImages(TINY);
    const sums = zerosLike(model.tensors);
    let loss = 0;
    for (let m = 0; m < images.count; m++) {
      const x = unpackImage(images, m);
      const share = x.reduce((product, bit, i) => product * (bit ? ink[i] : 1 - ink[i]), 1);
      if (share === 0) continue;
      const own = zerosLike(model.tensors);
      loss += share * referenceOf(id).openGradient!(model).gradient(sliceImages(images, m, 1), own, { soft });
      for (const [name, sum] of Object.entries(sums))
        own[name].forEach((value, at) => (sum[at] += share * value));
    }
    return { loss, sums };
  };

  it('give the expectation over all draws of the bits', () => {
    const ink = grey(6, 6).map((share) => Math.min(0.9, Math.max(0.1, share)));
    const model = randomModel(id, TINY, 1, 1, hyper);
    const hard = expectation(null, model, ink);
    const soft = expectation(ink, model, ink);
    if (averagedOrders(model) > 1) {
      // Of the mean of several orders' probabilities it is an upper bound.
      expect(soft.loss).toBeGreaterThan(hard.loss);
      expect(soft.loss).toBeLessThan(1.2 * hard.loss);
      return;
    }
    expect(Math.abs(soft.loss / hard.loss - 1)).toBeLessThan(1e-6);
    for (const [name, sum] of Object.entries(hard.sums)) {
      const errors = sum.map((value, at) => Math.abs(value - soft.sums[name][at]));
      expect(Math.max(...errors), name).toBeLessThan(1e-5 * Math.max(1, largest(sum)));
    }
  });

  it('sum out the pixel’s own bit and look at the others as drawn', () => {
    const model = randomModel(id, SMALL, 1, 1, hyper);
    if (averagedOrders(model) > 1) return;
    const batch = randomImages(SMALL, 1, 0.5);
    const soft = grey(9, 8);
    const z = definition.logits(model, unpackImage(batch, 0));
    const loss = z.reduce(
      (sum, logit, i) => sum - soft[i] * logBernoulli(1, logit) - (1 - soft[i]) * logBernoulli(0, logit),
      0,
    );
    expect(slopes(model, batch, soft).loss).toBeCloseTo(loss, 9);
  });
});

describe('expectedLogBernoulli', () => {
  it('is logBernoulli of a bit, bit for bit, wherever the logit is', () => {
    for (const z of [-Infinity, -800, -1, -0, 0, 3, 800, Infinity])
      for (const x of [0, 1]) expect(expectedLogBernoulli(x, z)).toBe(logBernoulli(x, z));
    expect(expectedLogBernoulli(0.25, 2)).toBeCloseTo(
      0.25 * logBernoulli(1, 2) + 0.75 * logBernoulli(0, 2),
      12,
    );
  });
});

/** A first step leaves a tenth of the gradient in the first moments. */
const gradientIn = (moments: Tensors, name: string) => moments[name].map((value) => value / 0.1);

describe('a learner with soft targets', () => {
  const cpu = createCpuBackend();
  const next = numbers(11);
  const grid = SMALL;
  const images = {
    grid,
    count: 8,
    pixels: Uint8Array.from({ length: 8 * 9 }, () => next() * 256),
    labels: Uint8Array.of(3, 3, 3, 3, 7, 7, 7, 7),
  };
  const binarisation = { kind: 'dynamic', seed: 4 } as const;
  const indices = Uint32Array.of(2, 0, 3);
  const ordered = families.filter(
    (spec) => spec.training === 'descended' && withRole(spec, 'order').length > 0,
  );

  it.each(ordered.map((spec) => [spec.id, spec] as const))(
    'puts those of %s in its order',
    async (id, spec) => {
      const moments = async (order: number, targets: 'soft' | 'sampled') => {
        const hyper = { ...completeHyper(spec), ...variantsOf(folderSpec(id))[0], order };
        const { tensors } = randomModel(id, grid, 0, 1, hyper);
        const zeros = () => zerosLike(tensors);
        const state = { step: 0, tensors, firstMoments: zeros(), secondMoments: zeros() };
        const learner = await cpu.learner({
          family: id,
          grid,
          hyper,
          images,
          binarisation,
          targets,
          batchSize: 4,
          state,
        });
        await learner.step(indices, 1, 0.1);
        return { hyper, found: await learner.state() };
      };
      // All weights are 0, so that the gradient of a bias is 1/2 minus the mean target of its pixel.
      const { hyper, found } = await moments(3, 'soft');
      const order = pixelOrder(grid, hyper)!;
      const biases = Object.keys(found.firstMoments).filter((name) => found.firstMoments[name].length === 9);
      const expected = Float32Array.from({ length: 9 }, (_, place) =>
        [...indices].reduce((sum, row) => sum + 0.5 - images.pixels[row * 9 + order[place]] / 255, 0),
      );
      const own = biases.map((name) =>
        gradientIn(found.firstMoments, name).map((value, i) => Math.abs(3 * value - expected[i])),
      );
      expect(Math.min(...own.map((errors) => Math.max(...errors)))).toBeLessThan(1e-5);
      expect(inverseOrder(order)).not.toEqual(order);
      expect((await moments(3, 'sampled')).found).not.toEqual(found);
      expect((await moments(0, 'soft')).found).not.toEqual(found);
    },
  );

  it('gives those of its own images to every class model', async () => {
    const spec = families.find(({ id }) => id === 'fvsbn')!;
    const single = completeHyper(spec);
    const whole = { ...single, [withRole(spec, 'classes')[0].name]: 1 };
    const own = randomModel('fvsbn', grid, 0.3, 1, single).tensors;
    const start = (tensors: Tensors) => ({
      step: 0,
      tensors,
      firstMoments: zerosLike(tensors),
      secondMoments: zerosLike(tensors),
    });
    const asked = { family: 'fvsbn', grid, images, binarisation, targets: 'soft', batchSize: 4 } as const;
    const stacked = stackTensors(new Array<Tensors>(10).fill(own), new Float32Array(10));
    const classes = await cpu.learner({ ...asked, hyper: whole, state: start(stacked) });
    const alone = await cpu.learner({ ...asked, hyper: single, state: start(own) });
    await classes.step(Uint32Array.of(5, 6), 1, 0.1);
    await alone.step(Uint32Array.of(5, 6), 1, 0.1);
    const weight = (await classes.state()).tensors.weight;
    expect(weight.subarray(7 * 36, 8 * 36)).toEqual((await alone.state()).tensors.weight);
    expect(weight.subarray(3 * 36, 4 * 36)).toEqual(own.weight);
  });
});
