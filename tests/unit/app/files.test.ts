import { describe, expect, it } from 'vitest';
import { readFiles } from '../../../src/app/library/dataset-files.ts';
import { type NamedFile, pairIdx } from '../../../src/data/idx-pair.ts';
import { writeIdxImages } from '../../../src/data/idx.ts';

const inspect = (files: readonly NamedFile[]) => Promise.resolve(pairIdx(files));

function picture(name: string, ...pixels: number[]): File {
  const grid = { width: pixels.length, height: 1 };
  return new File([writeIdxImages({ grid, count: 1, pixels: Uint8Array.from(pixels), labels: null })], name);
}

async function imported(file: File) {
  const read = await readFiles([file], inspect);
  if (!read.ok) throw new Error(read.reason);
  return read.value;
}

describe('files of the visitor', () => {
  it('get a name without control characters, bidirectional marks and invisible characters', async () => {
    const { dataset } = await imported(
      picture('\u202e my\u0007 di\u200bgits\u001b[31m\n-images-idx3-ubyte.gz', 255),
    );
    expect(dataset.name).toBe('my digits');
    expect((await imported(picture('\u200b\u202e', 255))).dataset.name).toBe('Imported');
    expect((await imported(picture('😀'.repeat(60), 255))).dataset.name).toBe(`${'😀'.repeat(39)}…`);
  });

  it('come with a note on grey levels that would be read as blank', async () => {
    expect((await imported(picture('a', 0, 1))).note).toMatch(/0 and 1, read as paper and ink/);
    expect((await imported(picture('a', 0, 9))).note).toMatch(/level 9 of 255/);
    expect((await imported(picture('a', 0, 255))).note).toBeNull();
  });

  it('that are too large are refused under a clean name', async () => {
    const file = picture('\u001b[31mbig\u202e', 255);
    Object.defineProperty(file, 'size', { value: 2 ** 29 });
    expect(await readFiles([file], inspect)).toEqual({ ok: false, reason: 'big: larger than 256 MiB' });
  });
});
