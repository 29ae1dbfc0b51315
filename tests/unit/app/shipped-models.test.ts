import { describe, expect, it } from 'vitest';
import { shippedClassOffers } from '../../../src/app/classify/words.ts';
import {
  byLoss,
  describeMeasured,
  describeTest,
  SHIPPED,
  type ShippedModel,
  shippedClassifiers,
  shippedName,
} from '../../../src/app/compare/shipped-models.ts';
import type { Binarisation } from '../../../src/data/binarisation.ts';
import { formatBinarisation } from '../../../src/data/binarise.ts';
import { MNIST_GRID } from '../../../src/data/images.ts';
import { needsLabels } from '../../../src/models/registry.ts';

const STOCHASTIC: Binarisation = { kind: 'stochastic', seed: 0 };
const THRESHOLD: Binarisation = { kind: 'threshold' };

function model(name: string, nats: number, binarisation = STOCHASTIC, share?: number): ShippedModel {
  return {
    name,
    bytes: 9,
    sha256: '',
    family: 'tree-mixture',
    grid: MNIST_GRID,
    hyper: { components: 10, strength: 20, 'class-conditional': share === undefined ? 0 : 1 },
    binarisation,
    test: { nats, standardError: 0.2 },
    accuracy: share === undefined ? null : { share, standardError: 0.0018, images: 10_000 },
  };
}

const classes = model('classes', 60.2, THRESHOLD, 0.9663);
const better = model('better', 61, THRESHOLD, 0.98);

describe('the list of models that come with the app', () => {
  it('goes by loss where losses can be compared: those of another binarisation come last', () => {
    const names = byLoss([model('b', 96.7), classes, model('a', 79.96)]).map(({ name }) => name);
    expect(names).toEqual(['a', 'b', 'classes']);
  });

  it('names the binarisation where it is not the usual one', () => {
    expect(describeMeasured(model('a', 79.96))).toBe('−log p 80.0 nats');
    expect(describeMeasured(model('t', 60.2, THRESHOLD))).toBe('−log p 60.2 nats at threshold 0.5');
    expect(describeMeasured(model('s', 60.2, { kind: 'stochastic', seed: 1 }))).toBe(
      '−log p 60.2 nats at stochastic, seed 1',
    );
  });

  it('has names that a narrow picker shows whole, each another one', () => {
    const [plain, few] = [
      model('plain', 80),
      { ...model('few', 81), hyper: { components: 3, strength: 20 } },
    ];
    expect(shippedName(plain, [plain, classes])).toBe('Mixture of trees');
    expect(shippedName(classes, [plain, classes])).toBe('Mixture of trees, by digit');
    expect(shippedName(few, [plain, few])).toBe('Mixture of trees, components = 3');
    const names = SHIPPED.map((each) => shippedName(each));
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(26);
  });

  it('gives the accuracy of a model that knows classes', () => {
    expect(describeMeasured(classes)).toBe('96.6 % told right, −log p 60.2 nats at threshold 0.5');
    expect(describeTest(classes)).toBe(
      'tells 96.6 ± 0.2 % of the 10,000 test digits right; −log p 60.2 nats at threshold 0.5',
    );
    expect(describeTest(model('a', 79.96))).toBe('−log p 80.0 nats on the 10,000 test digits');
  });

  it('has those that know classes, the most accurate first, on their grid', () => {
    const all = [classes, model('a', 79.96), better];
    expect(shippedClassifiers(MNIST_GRID, all).map(({ name }) => name)).toEqual(['better', 'classes']);
    expect(shippedClassifiers({ width: 14, height: 14 }, all)).toEqual([]);
  });
});

it('the models of this copy are offered to Classify where they know classes', () => {
  const known = SHIPPED.filter((each) => needsLabels(each));
  expect(known.length).toBeGreaterThan(0);
  const offers = shippedClassOffers(MNIST_GRID);
  expect(offers.map(({ choice }) => choice)).toEqual(
    shippedClassifiers(MNIST_GRID).map(({ name }) => ({ kind: 'shipped', name })),
  );
  expect(offers).toHaveLength(known.length);
  for (const { name } of offers) expect(name).toMatch(/one model for each digit: \d\d\.\d % told right/);
  const usual = SHIPPED.map((each) => formatBinarisation(each.binarisation) === 'stochastic:0');
  expect(usual).toEqual(usual.toSorted((a, b) => Number(b) - Number(a)));
});
