/** The comparisons with plain loops can fail: each of these planted errors is noticed by operations on a few rows. */
import { expect, it } from 'vitest';
import { compileOne, readSources } from '../../../src/build/simd.mjs';
import { plainRows } from '../../../src/simd/plain-rows.ts';
import type { RowOperations } from '../../../src/simd/rows.ts';
import { matrix } from '../../../src/simd/rows.ts';
import { openBuild } from '../../../src/simd/simd.ts';
import { difference, uniforms } from './implementations.ts';

const ROOM = 2 ** 20;
const [ROWS, INNER, COLUMNS] = [7, 70, 21];

/** Everything that some operations on random numbers give, one after the other. */
function results(rows: RowOperations): number[] {
  const next = uniforms(3);
  const random = (length: number) => {
    const values = rows.floats(length);
    for (let i = 0; i < length; i++) values[i] = 2 * next();
    return values;
  };
  const a = matrix(random(ROWS * INNER), INNER);
  const b = matrix(random(INNER * COLUMNS), COLUMNS);
  const out = matrix(random(ROWS * COLUMNS), COLUMNS);
  rows.multiply(out, a, b, ROWS, INNER, COLUMNS, out);
  const back = matrix(random(ROWS * INNER), INNER);
  rows.multiplyTransposed(back, out, b, ROWS, COLUMNS, INNER, null);
  const sums = matrix(random(INNER * COLUMNS), COLUMNS);
  rows.addTransposedProduct(sums, a, out, ROWS, INNER, COLUMNS);
  const x = random(51);
  const y = rows.floats(51);
  rows.elu(y, x, 51);
  const loss = rows.logisticLoss(x, random(51), random(51), 51);
  return [out, back, sums].flatMap(({ values }) => [...values]).concat([...y], [...x], loss);
}

const right = results(plainRows(ROOM));

async function opened(sources: ReadonlyMap<string, string>): Promise<RowOperations> {
  const bytes = Uint8Array.from(Buffer.from(await compileOne(sources, false), 'base64'));
  return (await openBuild('simd', () => Promise.resolve(bytes)))!.open(ROOM)!;
}

it('finds no difference where nothing is planted', async () => {
  expect(difference(results(await opened(readSources())), right)).toBeLessThan(1e-4);
});

it.each([
  [
    'a row of a tile multiplied by another',
    'tiles.ts',
    'const x2 = v128.load32_splat(a2)',
    'const x2 = v128.load32_splat(a1)',
  ],
  ['sums that begin at zero in the second panel', 'products.ts', 'start = out;', 'start = 0;'],
  [
    'the last column left out',
    'products.ts',
    'storePart(to + 16, v128.load(from, 16), width - 4)',
    'storePart(to + 16, v128.load(from, 16), width - 5)',
  ],
  ['numbers of a transpose exchanged', 'products.ts', 'r2, r3, 0, 4, 1, 5', 'r2, r3, 0, 5, 1, 4'],
  ['a coefficient of the exponential', 'vector.ts', '1 / 24', '1 / 20'],
  ['a coefficient of softplus', 'vector.ts', 'q, f32x4.splat(0.2)', 'q, f32x4.splat(0.21)'],
])('finds %s', async (_, file, before, after) => {
  const sources = readSources();
  const text = sources.get(file)!;
  expect(text).toContain(before);
  sources.set(file, text.replaceAll(before, after));
  // Two panels need more than 256 sums.
  if (after === 'start = 0;') sources.set('vector.ts', sources.get('vector.ts')!.replace('256', '32'));
  expect(difference(results(await opened(sources)), right)).toBeGreaterThan(1e-4);
});
