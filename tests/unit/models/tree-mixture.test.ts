import { describe, expect, it } from 'vitest';
import type { PackedImages } from '../../../src/data/images.ts';
import {
  MNIST_GRID,
  getPixel,
  packImages,
  pixelCount,
  sliceImages,
  unpackImage,
} from '../../../src/data/images.ts';
import { pixelMeans } from '../../../src/data/dataset.ts';
import { indexRange, randomWords, Stream, streamKey, uniform } from '../../../src/data/rng.ts';
import { findFamily } from '../../../src/models/registry.ts';
import { logBernoulli, logSumExp, sigmoid } from '../../../src/models/shared/math.ts';
import { EvidenceState, TreeEvidence } from '../../../src/models/tree-mixture/evidence.ts';
import {
  definition,
  initialise,
  logJoint,
  logPrior,
  reference,
} from '../../../src/models/tree-mixture/reference.ts';
import { families } from '../../../src/models/tree-mixture/spec.ts';
import { isFlat, treesOf } from '../../../src/models/tree-mixture/trees.ts';
import type { Model } from '../../../src/models/model.ts';
import { worst } from '../../worst.ts';
import { iterate } from './em-iteration.ts';
import { allImages, numbers, plainSample, randomImages, randomModel } from './families.ts';

const FAMILY = 'tree-mixture';
const [spec] = families;
const SMALL = { width: 3, height: 3 };
const ODD = { width: 7, height: 5 };
const FIFTEEN = { width: 5, height: 3 };
const ALL = allImages(SMALL);

/** Images of `kinds` kinds; in each, pixels copy others that are its own, now and then changed. */
function kindsOf(grid: Model['grid'], count: number, kinds: number): PackedImages {
  const next = numbers(11);
  const n = pixelCount(grid);
  const copied = Array.from({ length: kinds * n }, (_, at) => Math.floor(next() * (at % n)));
  const x = new Uint8Array(count * n);
  for (let at = 0; at < x.length; at++) {
    const m = Math.floor(at / n);
    const source = copied[(m % kinds) * n + (at % n)];
    x[at] = at % n === 0 || next() < 0.15 ? Number(next() < 0.4) : x[m * n + source];
  }
  return packImages(grid, x);
}

function start(images: PackedImages, components: number, strength: number, seed = 1): Model {
  const hyper = { components, strength };
  const { grid } = images;
  return { family: FAMILY, grid, hyper, tensors: initialise(grid, hyper, pixelMeans(images), seed) };
}

function sum(values: Float64Array): number {
  return values.reduce((total, one) => total + one, 0);
}

describe('spec', () => {
  it('counts K (2n - 1) + K - 1 free parameters', () => {
    expect(spec.parameterCount(MNIST_GRID, { components: 50 })).toBe(50 * 1567 + 49);
  });

  it('refuses more pairs of pixels than can be counted', () => {
    expect(spec.refuses?.(MNIST_GRID, { components: 200 }) ?? null).toBeNull();
    expect(spec.refuses?.({ width: 64, height: 64 }, { components: 50 })).toMatch(/^components: 50/);
  });

  it.each([
    ['a cycle', [[2, 7]], /^component 1: parent: pixel \d is its own ancestor: a cycle/],
    ['two roots', [[4, -1]], /^component 1: parent: pixels 0 and 4 are both roots/],
    ['no root', [[0, 3]], /^component 1: parent: pixel \d is its own ancestor: a cycle/],
    ['a fraction', [[4, 0.5]], /^component 1: parent: pixel 4 has the parent 0.5/],
    ['a pixel outside the grid', [[4, 9]], /^component 1: parent: pixel 4 has the parent 9/],
  ])('refuses a tree with %s', (_, changes, reason) => {
    const { grid, hyper, tensors } = randomModel(FAMILY, SMALL, 1, 1, { components: 3 });
    // A chain, so that every pixel but the first has the one before as its parent.
    for (let i = 0; i < 9; i++) tensors.parent[9 + i] = i - 1;
    expect(spec.refusesTensors!(grid, hyper, tensors)).toBeNull();
    for (const [pixel, parent] of changes) tensors.parent[9 + pixel] = parent;
    expect(spec.refusesTensors!(grid, hyper, tensors)).toMatch(reason);
  });

  it('names the class of a tree that it refuses', () => {
    const model = randomModel(FAMILY, SMALL, 1, 1, { components: 2, 'class-conditional': 1 });
    model.tensors.parent[18 * 4 + 1] = 0.25;
    const refused = findFamily(FAMILY)!.refusesTensors!(model.grid, model.hyper, model.tensors);
    expect(refused).toMatch(/^class 4: component 0: parent: pixel 1 has the parent 0.25/);
  });
});

describe.each([1, 2, 7])('%i trees against the plain loops', (components) => {
  const model = randomModel(FAMILY, ODD, 2, 3, { components });
  const images = randomImages(ODD, 20, 0.3);
  const n = pixelCount(ODD);

  it('score and read', () => {
    const opened = reference.open(model);
    const logs = opened.logLikelihood(images);
    const logits = opened.conditionalLogits(images);
    for (let m = 0; m < images.count; m++) {
      const x = unpackImage(images, m);
      expect(Math.abs(logs[m] - definition.logLikelihood(model, x))).toBeLessThan(1e-9);
      const own = logits.subarray(m * n, m * n + n);
      expect(worst(own, definition.logits(model, x))).toBeLessThan(1e-5);
      const chain = own.reduce((total, z, i) => total + logBernoulli(x[i], z), 0);
      expect(Math.abs(chain - logs[m])).toBeLessThan(1e-4);
    }
  });

  it('take the step of EM that brute force takes', () => {
    const { nats, tensors } = iterate(model, images);
    const plain = definition.emIteration!(model, images);
    expect(tensors.parent).toEqual(plain.parent);
    expect(worst(tensors.weight, plain.weight)).toBeLessThan(1e-6);
    expect(worst(tensors.logit, plain.logit)).toBeLessThan(1e-5);
    expect(Math.abs(nats - sum(reference.open(model).logLikelihood(images)))).toBeLessThan(1e-6);
  });

  it('start without edges, as brute force does', () => {
    const flat = start(images, components, 2);
    const { tensors } = iterate(flat, images);
    const plain = definition.emIteration!(flat, images);
    expect(isFlat(tensors.logit)).toBe(true);
    expect(tensors.parent).toEqual(plain.parent);
    expect(worst(tensors.logit, plain.logit)).toBeLessThan(1e-5);
  });
});

it('stays exact where all weight is on the wrong tree', () => {
  const model = randomModel(FAMILY, SMALL, 300, 4, { components: 5 });
  const logits = reference.open(model).conditionalLogits(ALL);
  for (let m = 0; m < ALL.count; m += 7) {
    const plain = definition.logits(model, unpackImage(ALL, m));
    expect(worst(logits.subarray(m * 9, m * 9 + 9), plain)).toBeLessThan(1e-3);
    expect(plain.every(Number.isFinite)).toBe(true);
  }
});

it('knows the marginal of every mask of 3x3 pixels', () => {
  const model = randomModel(FAMILY, SMALL, 2, 6, { components: 4 });
  const opened = reference.open(model);
  const logs = opened.logLikelihood(ALL);
  for (let mask = 0; mask < 512; mask++) {
    const sums = new Float64Array(512);
    logs.forEach((nats, x) => (sums[x & mask] += Math.exp(nats)));
    const found = opened.marginal!.logMarginal(ALL, sliceImages(ALL, mask, 1));
    const expected = Float64Array.from(sums, (_, x) => Math.log(sums[x & mask]));
    expect(worst(found, expected)).toBeLessThan(1e-9);
  }
});

it('has conditionals given any pixels, whatever the order in which they became known', () => {
  const model = randomModel(FAMILY, SMALL, 2, 7, { components: 1 });
  // Not the order of the pixels: 4 is the root, and both ways lead up and down.
  model.tensors.parent.set([3, 4, 1, 4, -1, 4, 3, 6, 5]);
  const [tree] = treesOf(model);
  const logs = reference.open(model).logLikelihood(ALL);
  const evidence = new TreeEvidence(tree);
  const next = numbers(8);
  for (let trial = 0; trial < 50; trial++) {
    const state = new EvidenceState(1, 9);
    const order = Array.from({ length: 9 }, (_, i) => ({ i, key: next() })).sort((a, b) => a.key - b.key);
    let [mask, image] = [0, 0];
    for (const { i } of order) {
      const odds = [1, 0].map((x) => {
        const [seen, due] = [mask | (1 << i), image | (x << i)];
        return logSumExp(logs.filter((_nats, m) => (m & seen) === due));
      });
      expect(Math.abs(evidence.logit(state, 0, i) - (odds[0] - odds[1]))).toBeLessThan(1e-9);
      const x = Number(next() < 0.5);
      evidence.observe(state, 0, i, x);
      mask |= 1 << i;
      image |= x << i;
    }
  }
});

describe('EM', () => {
  it.each([
    [0.1, 3],
    [1, 4],
    [1, 9],
    [20, 5],
  ])('smoothed by %f images never lowers log-likelihood plus log prior', (strength, components) => {
    const images = kindsOf(ODD, 300, 6);
    let model = start(images, components, strength);
    let before = -Infinity;
    const first = iterate(model, images).nats;
    for (let round = 0; round < 30; round++) {
      const { nats, tensors } = iterate(model, images);
      const objective = nats + logPrior(model, images);
      // The tensors are f32, so the maximum is met to their last digit only, and the objective to its square.
      expect(objective - before).toBeGreaterThan(-1e-8 * Math.abs(objective));
      before = objective;
      model = { ...model, tensors };
    }
    expect(isFlat(model.tensors.logit)).toBe(false);
    expect(spec.refusesTensors!(ODD, model.hyper, model.tensors)).toBeNull();
    expect(iterate(model, images).nats).toBeGreaterThan(first + 100);
  });

  it('finds edges that independent pixels lack', () => {
    const images = kindsOf(ODD, 600, 3);
    let model = start(images, 3, 1);
    let flat = -Infinity;
    for (let round = 0; round < 40; round++) {
      const { nats, tensors } = iterate(model, images);
      if (isFlat(model.tensors.logit)) flat = nats;
      model = { ...model, tensors };
    }
    expect(iterate(model, images).nats / 600).toBeGreaterThan(flat / 600 + 2);
  });

  it('gives a distribution for no image at all', () => {
    let model = start(kindsOf(SMALL, 5, 2), 3, 1);
    for (let round = 0; round < 3; round++)
      model = { ...model, tensors: reference.emIteration!(model).finish() };
    expect(isFlat(model.tensors.logit)).toBe(true);
    expect([...model.tensors.logit].every((z) => Math.abs(z) < 1e-6)).toBe(true);
    expect(spec.refusesTensors!(SMALL, model.hyper, model.tensors)).toBeNull();
  });

  it('starts elsewhere for another seed, and anywhere but at equal components', () => {
    const images = kindsOf(ODD, 40, 2);
    const one = start(images, 4, 1, 1).tensors;
    expect(start(images, 4, 1, 1).tensors).toEqual(one);
    expect(start(images, 4, 1, 2).tensors.logit).not.toEqual(one.logit);
    expect(spec.refusesTensors!(ODD, { components: 4 }, one)).toBeNull();
    expect(isFlat(one.logit)).toBe(true);
  });
});

describe('sampler', () => {
  it.each([1, 0.6])('draws the tree first, then its pixels row by row, at temperature %f', (temperature) => {
    const model = randomModel(FAMILY, FIFTEEN, 2, 5, { components: 6 });
    const request = { seed: 77, indices: indexRange(1000, 12), temperature };
    const sampler = reference.open(model).sampler(request);
    sampler.advance(7);
    sampler.advance(1000);
    const scaled = [...model.tensors.weight].map((w) => Math.exp(w / temperature));
    const total = scaled.reduce((all, w) => all + w, 0);
    const drawn = new Set<number>();
    for (let m = 0; m < 12; m++) {
      const own = new Uint32Array(1);
      randomWords(77, streamKey(Stream.component), 1000 + m, own);
      let k = 0;
      for (let up = scaled[0]; uniform(own[0]) >= up / total; up += scaled[++k]);
      drawn.add(k);
      const alone: Model = {
        ...model,
        hyper: { components: 1 },
        tensors: {
          weight: new Float32Array(1),
          parent: model.tensors.parent.subarray(k * 15, (k + 1) * 15),
          logit: model.tensors.logit.subarray(k * 30, (k + 1) * 30),
        },
      };
      const expected = plainSample((x) => definition.logits(alone, x), 15, 77, 1000 + m, temperature);
      expect([...unpackImage(sampler.images, m)]).toEqual(expected);
    }
    expect(drawn.size).toBeGreaterThan(2);
  });
});

it('has features: responsibilities, and the mean image of every tree', () => {
  const model = randomModel(FAMILY, SMALL, 2, 9, { components: 5 });
  const features = reference.open(model).features!;
  expect([features.units, features.kind]).toEqual([5, 'probabilities']);
  const shares = features.activations(ALL);
  const ratios = features.logRatios!(ALL);
  const { components } = features;
  const { trees, weights } = components!;
  const natsOfAll = components!.logJoint(ALL);
  expect(weights.reduce((all, p) => all + p, 0)).toBeCloseTo(1, 6);
  const means = new Float64Array(5 * 9);
  const totals = new Float64Array(5);
  for (let m = 0; m < 512; m++) {
    const joint = logJoint(model, unpackImage(ALL, m));
    const mean = sum(joint) / 5;
    joint.forEach((nats, k) => {
      expect(shares[m * 5 + k]).toBeCloseTo(Math.exp(nats - logSumExp(joint)), 6);
      expect(ratios[m * 5 + k]).toBeCloseTo(nats - mean, 4);
      expect(natsOfAll[m * 5 + k]).toBeCloseTo(nats, 4);
      totals[k] += Math.exp(nats);
      for (let i = 0; i < 9; i++) means[k * 9 + i] += getPixel(ALL, m, i) * Math.exp(nats);
    });
  }
  features.pictures.forEach((p, at) => expect(p).toBeCloseTo(means[at] / totals[Math.floor(at / 9)], 6));
  // What pixels and their parents tell about each other, listed over all images.
  for (let k = 0; k < 5; k++) {
    for (let i = 0; i < 9; i++) {
      const parent = trees!.parents[k * 9 + i];
      expect(parent).toBe(model.tensors.parent[k * 9 + i]);
      const cells = new Float64Array(4);
      if (parent >= 0)
        for (let m = 0; m < 512; m++)
          cells[2 * getPixel(ALL, m, parent) + getPixel(ALL, m, i)] +=
            Math.exp(natsOfAll[m * 5 + k]) / totals[k];
      const information = cells.reduce((all, p, at) => {
        const [above, own] = [cells[at & 2] + cells[(at & 2) + 1], cells[at & 1] + cells[(at & 1) + 2]];
        return p > 0 ? all + p * Math.log(p / (above * own)) : all;
      }, 0);
      expect(trees!.nats[k * 9 + i]).toBeCloseTo(information, 5);
    }
  }
  // A root's idle number counts for nothing.
  expect(features.pictures[0]).toBeCloseTo(sigmoid(model.tensors.logit[0]), 6);
});
