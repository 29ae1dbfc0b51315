import { expect, it } from 'vitest';
import {
  componentMap,
  describePicture,
  readComponents,
  rootOf,
  shareWords,
} from '../../../src/app/hidden-units/components.ts';
import type { UnitMap } from '../../../src/engine/queries/api.ts';

const GRID = { width: 2, height: 2 };
const trees = {
  parents: Int32Array.of(-1, 0, 0, 1, 1, 3, 3, -1),
  nats: Float32Array.of(0, 0.1, 0.3, 0.2, 0.05, 0.01, 0.02, 0),
};
const weights = Float32Array.of(0.75, 0.25);
const plain: UnitMap = {
  units: 2,
  pictures: new Float32Array(8),
  kind: 'probabilities',
  deviations: new Float32Array(2),
  largest: new Float32Array(2),
  mappedValues: 'log-ratios',
  points: new Float32Array(0),
  variance: [0, 0],
  components: null,
  probe: { activations: 0, pixels: 0, trained: 0, tested: 0 },
};

it('names trees, components, and nothing where units are neither', () => {
  expect(componentMap(plain)).toBeNull();
  expect(componentMap({ ...plain, components: { weights, trees: null } })?.noun).toBe('Component');
  expect(componentMap({ ...plain, components: { weights, trees } })?.noun).toBe('Tree');
});

it('lists the likeliest component first, with its share and its nats', () => {
  const position = { activations: Float32Array.of(0.1, 0.9), logJoint: Float32Array.of(-12, -9.5) };
  const [first, second] = readComponents({ weights, trees: null }, position);
  expect([first.unit, first.weight, first.logJoint]).toEqual([1, 0.25, -9.5]);
  expect(first.share).toBeCloseTo(0.9, 6);
  expect(second.unit).toBe(0);
  // Shares that both round to 0 or 1 are still in the order of the nats.
  const far = { activations: Float32Array.of(0, 0), logJoint: Float32Array.of(-900, -800) };
  expect(readComponents({ weights, trees: null }, far).map(({ unit }) => unit)).toEqual([1, 0]);
});

it('says what a picture shows', () => {
  const tree = componentMap({ ...plain, components: { weights, trees } })!;
  expect(rootOf(trees, 0, 4)).toBe(0);
  expect(rootOf(trees, 1, 4)).toBe(3);
  expect(describePicture(tree, { unit: 0, weight: 0.75 }, GRID)).toBe(
    'Tree 1, weight 75 %: the mean of its images, and its 3 edges from pixel to parent. Its root is row 1, column 1. ' +
      'The strongest joins row 2, column 1 to its parent at row 1, column 1, 0.30 nats.',
  );
  const component = componentMap({ ...plain, components: { weights, trees: null } })!;
  expect(describePicture(component, { unit: 1, weight: 0.25 }, GRID)).toBe(
    'Component 2, weight 25 %: the mean of its images.',
  );
});

it('has words for the smallest shares', () => {
  expect([1, 0.5, 0.0011, 0.0009, 0].map(shareWords)).toEqual([
    '100 %',
    '50 %',
    '0.1 %',
    'under 0.1 %',
    'under 0.1 %',
  ]);
});
