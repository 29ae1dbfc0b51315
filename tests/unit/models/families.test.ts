import { indexRange } from '../../../src/data/rng.ts';
import { describe, expect, it } from 'vitest';
import type { Grid } from '../../../src/data/images.ts';
import { getPixel, pixelCount, setPixel, sliceImages, unpackImage } from '../../../src/data/images.ts';
import { referenceOf } from '../../../src/engine/backends/references.ts';
import { logBernoulli } from '../../../src/models/shared/math.ts';
import {
  averagedOrders,
  checkHyper,
  completeHyper,
  families,
  folderSpec,
  isSwitch,
  ordersOf,
  presetHyper,
  withRole,
} from '../../../src/models/registry.ts';
import type { FamilySpec } from '../../../src/models/family-spec.ts';
import type { Hyper, Tensors } from '../../../src/models/model.ts';
import { expectSlopes } from './finite-differences.ts';
import { allImages, definitionOf, nameOf, randomImages, randomModel, variantsOf } from './families.ts';

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

/** The specs of the folders, without class models: those have tests of their own. */
const specs = families.map((spec) => folderSpec(spec.id));
const densities = specs.filter((spec) => spec.task === 'density');
/** Families of a few pixels only, and what they can do of `ODD`. */
const oddOf = (spec: FamilySpec, hyper: Hyper) =>
  spec.refuses?.(ODD, hyper) ? { width: 5, height: 3 } : ODD;

describe.each(specs.map((spec) => [spec.id, spec] as const))('%s', (_, spec) => {
  it('counts its parameters as the sizes of its tensors, less what normalisation or structure takes', () => {
    const hyper = completeHyper(spec);
    for (const grid of [SMALL, ODD, { width: 28, height: 28 }]) {
      if (spec.refuses?.(grid, hyper)) continue;
      const stored = spec
        .tensors(grid, hyper)
        .reduce((sum, tensor) => sum + tensor.shape.reduce((product, length) => product * length, 1), 0);
      if (spec.training === 'descended') expect(spec.parameterCount(grid, hyper)).toBe(stored);
      else expect(spec.parameterCount(grid, hyper)).toBeLessThanOrEqual(stored);
    }
    expect(spec.refuses?.(SMALL, hyper) ?? null).toBeNull();
  });
});

describe.each(families.map((spec) => [spec.id, spec] as const))('the roles and presets of %s', (_, spec) => {
  it('name as a size every number that changes how many parameters there are, and nothing else', () => {
    const grid = { width: 4, height: 4 };
    const size = (name: string, value: number) =>
      spec.parameterCount(grid, { ...completeHyper(spec), [name]: value });
    for (const p of spec.hyperparameters)
      expect(p.role === 'size', p.name).toBe(!p.choices && size(p.name, p.min) !== size(p.name, p.max));
  });

  it('stand once each, sizes aside, and name as an ensemble what averages orders', () => {
    const roles = spec.hyperparameters.flatMap(({ role }) => (role && role !== 'size' ? [role] : []));
    expect(new Set(roles).size).toBe(roles.length);
    for (const p of withRole(spec, 'order')) expect(p.choices).toBeDefined();
    for (const p of withRole(spec, 'ensemble')) {
      const hyper = { ...completeHyper(spec), [p.name]: 3 };
      expect(averagedOrders({ family: spec.id, grid: ODD, hyper, tensors: {} })).toBe(3);
    }
    const classes = withRole(spec, 'classes').at(0);
    expect(classes ? isSwitch(classes) : spec.classes === 'always' || spec.classes === 'never').toBe(true);
  });

  it.each(['starter', 'few'] as const)('are in range as the preset %s', (preset) => {
    expect(checkHyper(spec, presetHyper(spec, preset))).toBeNull();
  });

  it('say whether there are hidden units', () => {
    const model = randomModel(spec.id, SMALL, 1);
    const { features } = referenceOf(spec.id).open(model);
    expect(features !== undefined).toBe(spec.features === true);
  });
});

const variants = densities.flatMap((spec) =>
  variantsOf(spec).map((hyper) => [nameOf(spec, hyper), spec, hyper] as const),
);

describe.each(variants)('%s', (_, spec, hyper) => {
  const { id } = spec;
  const reference = referenceOf(id);
  const odd = oddOf(spec, hyper);
  const model = (grid = odd, scale = 2) => randomModel(id, grid, scale, 1, hyper);
  const chained = ordersOf(model(SMALL)).length === 1;

  it('has probabilities that sum to 1 over all images of a 3x3 grid', () => {
    for (const scale of [0.5, 3, 20]) {
      const logs = reference.open(model(SMALL, scale)).logLikelihood(allImages(SMALL));
      const total = logs.reduce((sum, nats) => sum + Math.exp(nats), 0);
      expect(Math.abs(total - 1)).toBeLessThan(1e-6);
    }
  });

  it('scores an image the same alone and in a batch', () => {
    const opened = reference.open(model());
    const images = randomImages(odd, 150, 0.3);
    const together = opened.logLikelihood(images);
    for (const m of [0, 1, 77, 149]) {
      expect(Math.abs(opened.logLikelihood(sliceImages(images, m, 1))[0] - together[m])).toBeLessThan(1e-4);
    }
  });

  it('is as its definition says', () => {
    const images = randomImages(odd, 6, 0.4);
    const n = pixelCount(odd);
    const definition = definitionOf(id);
    const large = (scale: number) =>
      definition.logits(model(odd, scale), unpackImage(images, 0)).some((z) => Math.abs(z) > LARGEST_LOGIT);
    const scale = [2, 1, 0.5, 0.25].find((each) => !large(each))!;
    const opened = reference.open(model(odd, scale));
    const logs = opened.logLikelihood(images);
    const logits = opened.conditionalLogits(images);
    for (let m = 0; m < images.count; m++) {
      const x = unpackImage(images, m);
      const nats = definition.logLikelihood(model(odd, scale), x);
      expect(Math.abs(logs[m] - nats)).toBeLessThan(1e-4 + 1e-6 * Math.abs(nats));
      const plain = definition.logits(model(odd, scale), x);
      for (let i = 0; i < n; i++)
        expect(Math.abs(logits[m * n + i] - plain[i])).toBeLessThan(1e-4 + 1e-6 * Math.abs(plain[i]));
    }
  });

  if (chained) {
    it('has conditionals whose product is the likelihood', () => {
      const opened = reference.open(model());
      const images = randomImages(odd, 100, 0.4);
      const logits = opened.conditionalLogits(images);
      const n = pixelCount(odd);
      expect(logits.length).toBe(100 * n);
      opened.logLikelihood(images).forEach((nats, m) => {
        const x = unpackImage(images, m);
        const sum = x.reduce((total, xi, i) => total + logBernoulli(xi, logits[m * n + i]), 0);
        expect(Math.abs(sum - nats)).toBeLessThan(1e-4);
      });
    });

    it('looks only at earlier pixels: flipping later ones leaves a conditional as it is, bit for bit', () => {
      const opened = reference.open(model());
      const [order] = ordersOf(model());
      const n = pixelCount(odd);
      const images = randomImages(odd, n, 0.4);
      const before = opened.conditionalLogits(images);
      const others = randomImages(odd, n, 0.4, 9);
      // Image t keeps the pixels at places before t; the one at t and all after it are drawn anew.
      for (let t = 0; t < n; t++) {
        for (const i of order.subarray(t)) setPixel(images, t, i, getPixel(others, t, i));
      }
      const after = opened.conditionalLogits(images);
      for (let t = 0; t < n; t++) {
        for (const i of order.subarray(0, t + 1)) expect(after[t * n + i]).toBe(before[t * n + i]);
      }
    });
  }

  it('survives extreme logits', () => {
    const images = randomImages(odd, 70, 0.4);
    for (const nats of reference.open(model(odd, 1e4)).logLikelihood(images)) {
      expect(Number.isFinite(nats)).toBe(true);
      expect(nats).toBeLessThanOrEqual(0);
    }
  });

  it('samples 3x3 images with the probabilities that it scores them with', () => {
    const count = 100_000;
    const opened = reference.open(model(SMALL, 1.5));
    const sampler = opened.sampler({ seed: 5, indices: indexRange(0, count), temperature: 1 });
    sampler.advance(9);
    const histogram = new Float64Array(512);
    for (let m = 0; m < count; m++) histogram[sampler.images.words[m]]++;
    const expected = opened.logLikelihood(allImages(SMALL)).map((nats) => count * Math.exp(nats));
    const statistic = chiSquared(histogram, expected);
    // Mean 1 and standard deviation sqrt(2 / degrees of freedom) when the two agree.
    expect(statistic.perDegree).toBeLessThan(1 + 5 * Math.sqrt(2 / statistic.degrees));
    expect(statistic.perDegree).toBeGreaterThan(1 - 5 * Math.sqrt(2 / statistic.degrees));
  });

  it('draws the same image alone, in a batch, and however the work is cut', () => {
    const opened = reference.open(model(odd, 0.4));
    const n = pixelCount(odd);
    const whole = opened.sampler({ seed: 7, indices: indexRange(0, 6), temperature: 1 });
    whole.advance(n);
    const cut = opened.sampler({ seed: 7, indices: indexRange(0, 6), temperature: 1 });
    for (const pixels of [1, 0, 2, 5, 3, 7, 1000]) cut.advance(pixels);
    expect(cut.position).toBe(n);
    expect(cut.images.words).toEqual(whole.images.words);
    const some = opened.sampler({ seed: 7, indices: Uint32Array.of(4, 1), temperature: 1 });
    some.advance(n);
    const at = (image: number) => [...sliceImages(whole.images, image, 1).words];
    expect([...some.images.words]).toEqual([...at(4), ...at(1)]);
    const other = opened.sampler({ seed: 8, indices: indexRange(0, 6), temperature: 1 });
    other.advance(n);
    expect(other.images.words).not.toEqual(whole.images.words);
  });

  it('leaves undecided pixels blank', () => {
    const small = model(odd, 0.1);
    const orders = ordersOf(small);
    const places = Math.floor(pixelCount(odd) / 3);
    const sampler = reference.open(small).sampler({ seed: 1, indices: indexRange(0, 20), temperature: 1 });
    sampler.advance(places);
    expect(sampler.position).toBe(places);
    for (let m = 0; m < 20; m++) {
      const x = unpackImage(sampler.images, m);
      const blank = orders.some((order) => order.subarray(places).every((i) => x[i] === 0));
      expect(blank).toBe(true);
    }
    expect(sampler.images.words.some((word) => word !== 0)).toBe(true);
  });

  it('is bolder at a low temperature and noisier at a high one', () => {
    const opened = reference.open(model(odd, 1));
    const means = [0.5, 1, 2].map((temperature) => {
      const sampler = opened.sampler({ seed: 3, indices: indexRange(0, 200), temperature });
      sampler.advance(pixelCount(odd));
      return sum(opened.logLikelihood(sampler.images)) / 200;
    });
    expect(means[0]).toBeGreaterThan(means[1]);
    expect(means[1]).toBeGreaterThan(means[2]);
  });

  if (spec.training === 'counted') {
    it('gives finite tensors of the shapes that its spec names, even for no image at all', () => {
      for (const count of [0, 1, 40]) {
        const counter = reference.counter!(id, odd, hyper);
        counter.add(randomImages(odd, count, 0.3));
        expectShapes(spec, odd, hyper, counter.finish());
      }
    });

    it('counts as its definition does', () => {
      const images = randomImages(odd, 60, 0.3);
      const counter = reference.counter!(id, odd, hyper);
      counter.add(sliceImages(images, 0, 33));
      counter.add(sliceImages(images, 33, 27));
      const plain = definitionOf(id).count!(id, odd, hyper, images);
      for (const [name, tensor] of Object.entries(counter.finish()))
        tensor.forEach((value, at) => expect(Math.abs(value - plain[name][at])).toBeLessThan(1e-5));
    });
  } else {
    it('starts from the tensors that its spec names', () => {
      expectShapes(spec, odd, hyper, reference.initialise!(odd, hyper, ramp(pixelCount(odd)), 1));
    });
  }
});

const descended = specs
  .filter((spec) => spec.training === 'descended')
  .flatMap((spec) => variantsOf(spec).map((hyper) => [nameOf(spec, hyper), spec, hyper] as const));

describe.each(descended)('%s', (_, spec, hyper) => {
  const { id } = spec;
  const definition = definitionOf(id);

  it('has the gradient that differences find', () => {
    const batch = randomImages(SMALL, 2, 0.5);
    const labels = spec.task === 'classifier' ? Uint8Array.of(3, 8) : null;
    const model = randomModel(id, SMALL, 1, 1, hyper);
    const gradients = scaled(model.tensors, 0);
    const loss = () =>
      [0, 1].reduce(
        (total, m) => total - definition.logLikelihood(model, unpackImage(batch, m), labels?.[m]),
        0,
      );
    const found = referenceOf(id).openGradient!(model).gradient(batch, gradients, { labels });
    expect(found).toBeCloseTo(loss(), 4);
    expectSlopes(model.tensors, gradients, loss, batch.count, MAX_NUDGED);
  });
});

/** Where some logits are larger than this, others are small because large terms cancel, and f32 does not keep 1e-4 of them. */
const LARGEST_LOGIT = 100;
/** Numbers of a tensor whose slope is measured. */
const MAX_NUDGED = 150;

function ramp(n: number): Float64Array {
  return new Float64Array(n).map((_, i) => i / n);
}

function expectShapes(spec: FamilySpec, grid: Grid, hyper: Hyper, tensors: Tensors): void {
  for (const { name, shape } of spec.tensors(grid, hyper)) {
    expect(tensors[name].length).toBe(shape.reduce((product, length) => product * length, 1));
    expect(tensors[name].every((value) => Number.isFinite(value))).toBe(true);
  }
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function scaled(tensors: Tensors, by: number): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.map((v) => v * by)]));
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
