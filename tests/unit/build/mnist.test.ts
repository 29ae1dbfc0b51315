import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstOfEachClass, mnistPaths, packMnist } from '../../../src/build/mnist.ts';
import type { MnistManifest } from '../../../src/build/mnist.ts';
import { takeRows } from '../../../src/data/dataset.ts';
import { readIdx } from '../../../src/data/idx.ts';
import type { GreyImages } from '../../../src/data/images.ts';
import { UNSEEN_DIGITS, unseenRows } from '../../../src/data/unseen.ts';

let folder: string;
let manifest: MnistManifest;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'inkling-mnist-'));
  manifest = packMnist(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(images: string, labels: string): GreyImages {
  const result = readIdx(new Uint8Array(readFileSync(images)), new Uint8Array(readFileSync(labels)));
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

function packed(name: string): GreyImages {
  return read(join(folder, `${name}-images.bin`), join(folder, `${name}-labels.bin`));
}

describe('packMnist', () => {
  it('writes the published images, unchanged', () => {
    const paths = mnistPaths();
    const train = packed('mnist-train');
    const test = packed('mnist-test');
    const same = (a: GreyImages, b: GreyImages) =>
      a.count === b.count &&
      Buffer.compare(a.pixels, b.pixels) === 0 &&
      Buffer.compare(a.labels ?? Buffer.of(), b.labels ?? Buffer.of()) === 0;
    expect(train.count).toBe(60000);
    expect(test.count).toBe(10000);
    expect(same(train, read(paths.trainImages, paths.trainLabels))).toBe(true);
    expect(same(test, read(paths.testImages, paths.testLabels))).toBe(true);

    const starter = packed('starter');
    expect(starter.count).toBe(1000);
    expect([...(starter.labels ?? [])]).toEqual(Array.from({ length: 1000 }, (_, i) => i % 10));
    expect(starter.pixels.subarray(0, 784)).toEqual(takeRows(train, [train.labels?.indexOf(0) ?? -1]).pixels);
    const starterTest = packed('starter-test');
    expect(starterTest).toEqual(takeRows(test, firstOfEachClass(test, 10)));
    const unseen = packed('unseen');
    expect(unseen.count).toBe(UNSEEN_DIGITS);
    expect(unseen).toEqual(
      takeRows(
        test,
        Array.from({ length: 1000 }, (_, i) => 10 * i + 5),
      ),
    );
  });

  it('lists every file with the size and hash it has', () => {
    expect(manifest.files.map(({ file, count }) => [file, count])).toEqual([
      ['mnist-train-images.bin', 60000],
      ['mnist-train-labels.bin', 60000],
      ['mnist-test-images.bin', 10000],
      ['mnist-test-labels.bin', 10000],
      ['starter-images.bin', 1000],
      ['starter-labels.bin', 1000],
      ['starter-test-images.bin', 100],
      ['starter-test-labels.bin', 100],
      ['unseen-images.bin', 1000],
      ['unseen-labels.bin', 1000],
    ]);
    for (const { file, bytes, sha256 } of manifest.files) {
      const content = readFileSync(join(folder, file));
      expect(content.length).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
    expect(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))).toEqual(manifest);
  });

  it.each([
    [5, []],
    [6, [5]],
    [24, [5, 15]],
    [10_000, { length: 1000, 0: 5, 999: 9995 }],
  ])('takes every tenth of %i test digits for calibrations', (count, rows) => {
    expect(unseenRows(count)).toMatchObject(rows);
  });

  it('keeps complete files and writes damaged ones again', () => {
    const file = join(folder, 'mnist-test-labels.bin');
    const before = statSync(file).ino;
    packMnist(folder);
    expect(statSync(file).ino).toBe(before);
    truncateSync(file, 10);
    packMnist(folder);
    expect(statSync(file).ino).not.toBe(before);
    expect(packed('mnist-test').count).toBe(10000);
  });

  it('refuses a source that is missing or not the published one', () => {
    const paths = mnistPaths();
    const wrong = join(folder, 'wrong');
    writeFileSync(wrong, 'not MNIST');
    const other = join(folder, 'other');
    expect(() => packMnist(other, { ...paths, trainLabels: wrong })).toThrow(
      /wrong: MD5 is \w{32}, expected a25b/,
    );
    expect(() => packMnist(other, { ...paths, testImages: join(folder, 'none') })).toThrow(
      /none cannot be read/,
    );
    expect(() => statSync(other)).toThrow();
  });
});
