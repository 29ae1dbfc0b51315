import { afterAll, expect, it } from 'vitest';
import { cli, json, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);

it('sampling draws by every method that the model supports, and reports passes, speed and agreement', async () => {
  const train = ['train', '--family', 'fvsbn', '--images', 'train.idx', '--epochs', '2', '--out', 'f.st'];
  await json(folder, train);
  const measured = await json(folder, ['sampling', '--model', 'f.st', '--count', '30', '--seed', '3']);
  expect(measured).toMatchObject({ family: 'fvsbn', images: 30, seed: 3, backend: 'cpu' });
  const rows = measured.lanes as Record<string, number | string>[];
  expect(rows.map(({ method }) => method)).toEqual(['ancestral', 'fixed-point', 'first-firing']);
  for (const row of rows) expect(row).toMatchObject({ different: 0, ties: 0 });
  expect(rows[0]).toMatchObject({ passes: 30, most: 30 });
  expect(rows[1].most).toBeLessThanOrEqual(30);
  expect(rows.every(({ imagesPerSecond }) => Number(imagesPerSecond) > 0)).toBe(true);
  expect(await cli(folder, ['sampling', '--model', 'f.st', '--count', '0'])).toMatchObject({ code: 2 });
});
