import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readIdxImages } from '../../../src/data/idx.ts';
import { unpackImage } from '../../../src/data/images.ts';
import { binarise } from '../../../src/data/binarise.ts';
import { cliInProcess } from './in-process.ts';
import { cli, json, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);
const at = (name: string) => join(folder, name);

function imagesOf(name: string): Uint8Array[] {
  const read = readIdxImages(new Uint8Array(readFileSync(at(name))), name);
  if (!read.ok) throw new Error(read.reason);
  const packed = binarise(read.value, { kind: 'threshold' });
  return Array.from({ length: packed.count }, (_, m) => unpackImage(packed, m).slice());
}

describe('complete', () => {
  it('keeps half of an image, says how exact it is, and writes what the model makes of the rest', async () => {
    const train = ['train', '--family', 'tree', '--images', 'train.idx', '--grid', '4x4'];
    expect((await cli(folder, [...train, '--out', 'tree.model'])).code).toBe(0);
    const ask = ['complete', '--model', 'tree.model', '--images', 'small.idx', '--index', '2', '--binarise'];
    const request = [...ask, 'threshold', '--keep', 'bottom-half', '--count', '500', '--seed', '1'];
    const exact = await json(folder, [...request, '--distance', '--out', 'out.idx', '--png', 'out.png']);
    expect(exact).toMatchObject({ family: 'tree', known: 8, unknown: 8, method: 'exact', exact: true });
    expect(exact.why).toMatch(/message passing/);
    expect(exact.logMarginal).toBeLessThan(0);
    // At most what 500 draws of 256 ways leave.
    expect(exact.distance).toBeLessThan(0.3);
    const own = imagesOf('small.idx')[2];
    const drawn = imagesOf('out.idx');
    expect(drawn).toHaveLength(500);
    for (const image of drawn) expect(image.subarray(8)).toEqual(own.subarray(8));
    expect(readFileSync(at('out.png')).subarray(1, 4).toString()).toBe('PNG');

    const blind = await cli(folder, [...request, '--method', 'forward']);
    expect(blind.stdout).toMatch(/forward, not exact\. .* knows nothing of those that come after it/);
  });

  it('refuses what it cannot do in one line', async () => {
    const reason = async (...args: string[]) => (await cliInProcess(['complete', ...args])).stderr.trimEnd();
    const files = ['--model', at('tree.model'), '--images', at('small.idx')];
    expect(await reason(...files)).toBe('--keep: missing');
    expect(await reason(...files, '--keep', 'some')).toMatch(/^--keep: "some" is none of top-half/);
    expect(await reason(...files, '--keep', 'none', '--method', 'luck')).toMatch(/^--method: "luck"/);
    expect(await reason(...files, '--keep', 'none', '--index', '8')).toMatch(/--index: 8, but there are 8/);
    expect(await reason(...files, '--keep', 'none', '--count', '5000', '--png', at('x.png'))).toMatch(
      /5000 images are more than/,
    );
  });
});
