import { describe, expect, it } from 'vitest';
import { importedRecords } from '../../../src/app/import/store-import.ts';
import { type NamedFile } from '../../../src/data/idx-pair.ts';
import { writeIdxImages } from '../../../src/data/idx.ts';
import { AS_READ } from '../../../src/data/import/preparation.ts';
import { readFilesAtOnce } from '../../../src/data/import/read-files.ts';
import { readArrays } from '../../../src/engine/read-arrays.ts';

function picture(name: string, ...pixels: number[]): NamedFile {
  const grid = { width: pixels.length, height: 1 };
  return { name, bytes: writeIdxImages({ grid, count: 1, pixels: Uint8Array.from(pixels), labels: null }) };
}

async function imported(file: NamedFile, preparation = AS_READ) {
  const read = readFilesAtOnce([file]);
  if (!read.ok) throw new Error(read.reason);
  const records = await importedRecords(read.value, {
    name: read.value.name,
    preparation,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  if (!records.ok) throw new Error(records.reason);
  return { ...records.value, notes: read.value.notes };
}

describe('files of the visitor', () => {
  it('get a name without control characters, bidirectional marks and invisible characters', async () => {
    const { dataset } = await imported(
      picture('\u202e my\u0007 di\u200bgits\u001b[31m\n-images-idx3-ubyte.gz', 255),
    );
    expect(dataset.name).toBe('my digits');
    expect((await imported(picture('\u200b\u202e', 255))).dataset.name).toBe('file');
    expect((await imported(picture('-images-idx3-ubyte', 255))).dataset.name).toBe('Imported');
    expect((await imported(picture('😀'.repeat(60), 255))).dataset.name).toBe(`${'😀'.repeat(39)}…`);
    expect((await imported(picture('train-images-idx3-ubyte.gz', 255))).dataset.name).toBe('train');
  });

  it('come with a note on grey levels that would be read as blank', async () => {
    expect((await imported(picture('a', 0, 1))).notes[0]).toMatch(/0 and 1, read as paper and ink/);
    expect((await imported(picture('a', 0, 9))).notes[0]).toMatch(/level 9 of 255/);
    expect((await imported(picture('a', 0, 255))).notes).toEqual([]);
  });

  it('that are too large are refused under a clean name, before they are read', async () => {
    const file = new File([], '\u001b[31mbig\u202e');
    Object.defineProperty(file, 'size', { value: 2 ** 29 });
    Object.defineProperty(file, 'arrayBuffer', { value: () => Promise.reject(new Error('was read')) });
    const options = {
      chosen: null,
      onProgress: () => undefined,
      signal: undefined,
      yieldToEventLoop: () => Promise.resolve(),
    };
    expect(await readArrays([file], options)).toEqual({
      ok: false,
      reason: 'big: size: larger than 256 MiB; take fewer images',
    });
  });

  it('are kept byte for byte where nothing is changed, and written anew where something is', async () => {
    const file = picture('a', 0, 200);
    const kept = await imported(file);
    expect(kept.payload.images).toEqual(file.bytes);
    expect(kept.dataset.imported).toMatchObject({ classes: 0, classNames: null, prepared: AS_READ });
    const inverted = await imported(file, { ...AS_READ, invert: true });
    expect(inverted.payload.images).toEqual(picture('a', 255, 55).bytes);
    expect(inverted.dataset.imported?.content).not.toBe(kept.dataset.imported?.content);
  });
});
