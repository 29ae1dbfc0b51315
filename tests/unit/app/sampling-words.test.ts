import { expect, it } from 'vitest';
import { describeAgreement, passCounts } from '../../../src/app/sampling/words.ts';

it('passes are counted over the images that are finished', () => {
  expect(passCounts({ finished: Uint32Array.of(0, 4, 7, 0) })).toEqual({ finished: 2, mean: 5.5, most: 7 });
  expect(passCounts({ finished: Uint32Array.of(0) })).toEqual({ finished: 0, mean: null, most: 0 });
});

it('the end of a race is told in words: identical, ties, faults', () => {
  const of = (different: number, ties: number) => ({ images: 16, different, ties });
  expect(describeAgreement(3, [of(0, 0), of(0, 0)], 16)).toBe(
    'All 16 images are identical in all 3 lanes, bit for bit.',
  );
  expect(describeAgreement(2, [of(0, 0)], 1)).toBe('The image is identical in both lanes, bit for bit.');
  expect(describeAgreement(3, [of(0, 0), of(2, 2)], 16)).toMatch(/^2 images differ of 16.*both are right/);
  expect(describeAgreement(3, [of(2, 2), of(3, 2)], 16)).toMatch(/^1 image differs.*fault/);
  expect(describeAgreement(1, [], 16)).toMatch(/nothing to compare/);
});
