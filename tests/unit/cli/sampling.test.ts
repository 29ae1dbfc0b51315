import { afterAll, expect, it } from 'vitest';
import { cli, json, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);

it('sampling draws in every way that the model can, and tells passes, speed and identity', async () => {
  const train = ['train', '--family', 'fvsbn', '--images', 'train.idx', '--epochs', '2', '--out', 'f.st'];
  await json(folder, train);
  const measured = await json(folder, ['sampling', '--model', 'f.st', '--count', '30', '--seed', '3']);
  expect(measured).toMatchObject({ family: 'fvsbn', images: 30, seed: 3, backend: 'cpu' });
  const lanes = measured.lanes as Record<string, number | string>[];
  expect(lanes.map(({ method }) => method)).toEqual(['ancestral', 'fixed-point', 'first-firing']);
  for (const lane of lanes) expect(lane).toMatchObject({ different: 0, ties: 0 });
  expect(lanes[0]).toMatchObject({ passes: 30, most: 30 });
  expect(lanes[1].most).toBeLessThanOrEqual(30);
  expect(lanes.every(({ imagesPerSecond }) => Number(imagesPerSecond) > 0)).toBe(true);
  expect(await cli(folder, ['sampling', '--model', 'f.st', '--count', '0'])).toMatchObject({ code: 2 });
});
