import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeIdxImages } from '../../../src/data/idx.ts';
import { cli, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);

/** Two images of 2 x 2 pixels, each with half of its pixels at `ink`. */
function write(name: string, ink: number): void {
  const pixels = Uint8Array.of(1, 0, 1, 0, 0, 1, 1, 0).map((bit) => bit * ink);
  writeFileSync(
    join(folder, name),
    writeIdxImages({ grid: { width: 2, height: 2 }, count: 2, pixels, labels: null }),
  );
}
write('bits.idx', 1);
write('ink.idx', 255);
write('dark.idx', 9);

const train = (images: string, how: string) =>
  cli(folder, ['train', '--family', 'independent', '--images', images, '--binarise', how, '--out', 'm']);
const score = (images: string) =>
  cli(folder, ['score', '--model', 'm', '--images', images, '--binarise', 'threshold', '--json']);

describe('images of 0 and 1', () => {
  it.each(['none', 'threshold', 'stochastic:0'])(
    'are read as blank and ink under %s, with a note',
    async (how) => {
      expect(await train('bits.idx', how)).toMatchObject({
        code: 0,
        stderr: 'bits.idx: the pixels are 0 and 1, read as paper and ink\n',
      });
      const bits = await score('bits.idx');
      const ink = await score('ink.idx');
      expect([bits.code, ink.stderr]).toEqual([0, '']);
      expect(bits.stdout).toBe(ink.stdout);
      // Half of the pixels are ink: the images would be far less probable under a model of blank images.
      const { meanLogLikelihood } = JSON.parse(bits.stdout) as { meanLogLikelihood: number };
      expect(meanLogLikelihood).toBeGreaterThan(-3);
    },
  );
});

describe('images that are read as blank', () => {
  it('come with a warning', async () => {
    const { code, stderr } = await train('dark.idx', 'threshold');
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^dark\.idx: the darkest pixel has grey level 9 of 255: threshold reads every image as blank/,
    );
  });
});
