import { afterAll, expect, it } from 'vitest';
import { cli, json, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);

const command = [
  ...['learning-curve', '--images', 'train.idx', '--labels', 'train-labels.idx'],
  ...['--test-images', 'test.idx', '--test-labels', 'test-labels.idx'],
];

it('measures pairs of every size, and reports where the curves cross', async () => {
  const result = await json(folder, [...command, '--sizes', '40,12,12', '--repeats', '2']);
  expect(result).toMatchObject({
    generative: 'naive-bayes',
    discriminative: 'logistic-regression',
    binarisation: 'threshold',
    seed: 0,
    backend: 'cpu',
    rows: [
      { size: 12, repeats: 2, tested: 24 },
      { size: 40, repeats: 2, tested: 24 },
    ],
  });
  // Bars are learnt from one example of each class.
  const [, last] = result.rows as { generative: { mean: number }; discriminative: { mean: number } }[];
  expect([last.generative.mean, last.discriminative.mean]).toEqual([1, 1]);
  expect(await json(folder, [...command, '--sizes', '12,40', '--repeats', '2'])).toEqual(result);
  const ended = await cli(folder, [...command, '--sizes', '12', '--repeats', '1', '--generative', 'tree']);
  expect(ended.stdout).toMatch(/^tree and logistic-regression, accuracy in % on 24 test images/);
});

it.each([
  [['--sizes', '10,x'], '--sizes: "x" is not a whole number above 0'],
  [['--sizes', '61'], '--sizes: 61, but train.idx holds 60 images'],
  [['--generative', 'logistic-regression'], '--generative: "logistic-regression" is none of '],
  [['--repeats', '0'], '--repeats: 0 is outside 1 to 100'],
])('refuses %j', async (wrong, reason) => {
  const ended = await cli(folder, [...command, ...wrong]);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain(reason);
});
