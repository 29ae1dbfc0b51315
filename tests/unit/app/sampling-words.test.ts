import { expect, it } from 'vitest';
import { describeAgreement, iterationCounts } from '../../../src/app/sampling/words.ts';

it('iterations are counted over the finished images', () => {
  expect(iterationCounts({ finished: Uint32Array.of(0, 4, 7, 0) })).toEqual({
    finished: 2,
    mean: 5.5,
    max: 7,
  });
  expect(iterationCounts({ finished: Uint32Array.of(0) })).toEqual({ finished: 0, mean: null, max: 0 });
});

it('the agreement of the methods is described: identical, ties, faults', () => {
  const of = (different: number, ties: number) => ({ images: 16, different, ties });
  expect(describeAgreement(3, [of(0, 0), of(0, 0)], 16)).toBe(
    'All 16 images drawn by all 3 methods are identical, bit for bit.',
  );
  expect(describeAgreement(2, [of(0, 0)], 1)).toBe(
    'The image drawn by both methods is identical, bit for bit.',
  );
  expect(describeAgreement(3, [of(0, 0), of(2, 2)], 16)).toMatch(/^2 images differ of 16.*both are right/);
  expect(describeAgreement(3, [of(2, 2), of(3, 2)], 16)).toMatch(/^1 image differs.*fault/);
  expect(describeAgreement(1, [], 16)).toMatch(/nothing to compare/);
});
