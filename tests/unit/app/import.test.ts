import { describe, expect, it, vi } from 'vitest';
import { limitsOf } from '../../../src/app/import/limits.ts';
import { preparationWords } from '../../../src/app/import/preparation-words.ts';
import { importedRecords } from '../../../src/app/import/store-import.ts';
import { gridFor, GRIDS } from '../../../src/app/grids.ts';
import { obstacle } from '../../../src/app/training/training-sets.ts';
import { readIdx } from '../../../src/data/idx.ts';
import { AS_READ } from '../../../src/data/import/preparation.ts';
import { isGzip } from '../../../src/data/is-gzip.ts';
import { completeHyper, findFamily } from '../../../src/models/registry.ts';
import { rowOf, verifyRow } from '../../../src/store/rows.ts';
import { bars } from '../../fixtures/arrays.ts';

const square = (side: number) => ({ width: side, height: side });

function imported(
  images: ReturnType<typeof bars>,
  signal = new AbortController().signal,
  onProgress = vi.fn(),
) {
  const source = { name: 'a', format: 'NPY', images, classNames: null, notes: [] };
  return importedRecords(source, { name: ' a\u202e  set ', preparation: AS_READ, signal, onProgress });
}

describe('what a data set cannot be used for', () => {
  it('is nothing on every grid of the page, with up to ten classes', () => {
    for (const grid of GRIDS) expect(limitsOf(grid, 10)).toEqual([]);
  });

  it('is said of other sizes and of more classes', () => {
    expect(limitsOf(square(20), null)[0]).toMatch(
      /no grid of 20 × 20: models there learn .* at 16 × 16 or less/,
    );
    expect(limitsOf({ width: 20, height: 28 }, null)[0]).toMatch(/squeezed to a square/);
    expect(limitsOf(square(28), 26)[0]).toMatch(
      /There are 26 classes: densities of all images can be learnt/,
    );
    expect(gridFor(square(64))).toEqual(square(32));
  });

  it('stops a classifier before its run, and no density', () => {
    const set = {
      id: 'a',
      name: 'Letters',
      label: '',
      grid: square(28),
      images: 10,
      labelled: true,
      classes: 26,
    };
    const of = (family: string) => {
      const spec = findFamily(family)!;
      return obstacle(spec, completeHyper(spec), square(28), set);
    };
    expect(of('logistic-regression')).toMatch(/^This learns 10 classes, and Letters has 26/);
    expect(of('independent')).toBeNull();
  });
});

describe('an imported data set', () => {
  it('has records that the store takes and reads back, with an identity of its content alone', async () => {
    const [first, second] = await Promise.all([imported(bars(12, 16)), imported(bars(12, 16))]);
    if (!first.ok || !second.ok) throw new Error('not imported');
    const { dataset, payload } = first.value;
    expect(dataset).toMatchObject({ name: 'a set', count: 12, labelled: true, imported: { classes: 10 } });
    expect(dataset.imported?.content).toMatch(/^[0-9a-f]{64}$/);
    expect(second.value.dataset.imported?.content).toBe(dataset.imported?.content);
    const others = await Promise.all([imported(bars(12, 16, 9)), imported(bars(13, 16))]);
    for (const other of others)
      expect(other.ok && other.value.dataset.imported?.content).not.toBe(dataset.imported?.content);
    expect(verifyRow('datasets', rowOf('datasets', dataset)).ok).toBe(true);
    expect(verifyRow('payloads', rowOf('payloads', payload)).ok).toBe(true);
    const broken = { ...dataset, imported: { ...dataset.imported!, classes: 'ten' as unknown as number } };
    expect(() => rowOf('datasets', broken)).toThrow(/imported/);
  });

  it('is gzipped where it is large, and reads the same', async () => {
    const many = bars(6000, 28);
    const records = await imported(many);
    if (!records.ok) throw new Error(records.reason);
    const { images, labels } = records.value.payload;
    expect(isGzip(images)).toBe(true);
    const read = readIdx(images, labels);
    if (!read.ok) throw new Error(read.reason);
    expect(Buffer.compare(read.value.pixels, many.pixels)).toBe(0);
  });

  it('tells its progress, and ends where it is cancelled', async () => {
    const controller = new AbortController();
    const onProgress = vi.fn(() => controller.abort());
    await expect(imported(bars(6000, 28), controller.signal, onProgress)).rejects.toThrow(/abort/i);
    expect(onProgress.mock.calls.length).toBe(1);
  });

  it('says what was done to it', () => {
    expect(preparationWords(AS_READ, square(28))).toBe('');
    expect(
      preparationWords({ ...AS_READ, orientation: 'transposed', invert: true, centring: 'mass' }, square(28)),
    ).toBe('transposed, inverted, centred to 28 × 28');
    expect(preparationWords({ ...AS_READ, side: 16, threshold: true }, square(16))).toBe(
      'brought to 16 × 16, made into black and white',
    );
  });
});
