import { expect, it } from 'vitest';
import { refuseScores } from '../../../src/cli/score.ts';

it('log p above 0 or not a number are refused, naming the image', () => {
  expect(refuseScores(Float64Array.of(-100, -1e-9, 0, 1e-6, -Infinity))).toBeNull();
  expect(refuseScores(Float64Array.of(-1, 0.5))).toMatch(
    /^log p: that of image 1 is 0\.5, so the model is no distr/,
  );
  expect(refuseScores(Float64Array.of(NaN))).toMatch(/^log p: that of image 0 is NaN/);
  expect(refuseScores(Float64Array.of(Infinity))).toMatch(/^log p: that of image 0 is Infinity/);
});
