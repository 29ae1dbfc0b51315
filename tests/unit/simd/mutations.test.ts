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
  const products = [out, back, sums].flatMap(({ values }) => [...values]);
  return products.concat([...y], [...x], loss, listResults(rows, random), stepResults(rows, random));
}

/** The same of a step of Adam and of an average. */
function stepResults(rows: RowOperations, random: (length: number) => Float32Array): number[] {
  const [w, g, m, v, average] = [51, 51, 51, 51, 51].map(random);
  v.forEach((value, i) => (v[i] = value * value));
  rows.adam(w, g, m, v, 51, { beta1: 0.9, beta2: 0.9, rate: 0.1, epsilon: 1e-3, factor: 0.5 });
  rows.moveTowards(average, w, 51, 0.3);
  return [w, m, v, average].flatMap((values) => [...values]);
}

/** The same of operations by lists. */
function listResults(rows: RowOperations, random: (length: number) => Float32Array): number[] {
  const table = () => matrix(random(ROWS * INNER), INNER);
  const lists = { starts: rows.integers(ROWS + 1), indices: rows.integers(3 * ROWS) };
  lists.starts.forEach((_, r) => (lists.starts[r] = 3 * r));
  lists.indices.forEach((_, at) => (lists.indices[at] = (5 * at) % ROWS));
  const dots = random(3 * ROWS);
  const [a, b, out, y] = [table(), table(), table(), table()];
  rows.listDots(dots, a, b, { ...lists, starts: lists.starts.subarray(0, 2) }, 1, INNER - 1, null);
  rows.addWeightedSums(out, dots, a, lists, ROWS, INNER);
  const indices = lists.indices.subarray(0, ROWS);
  rows.sigmoidSums(y, b, a, indices, indices, ROWS, INNER);
  const next = rows.integers(ROWS).fill(-1);
  next.set([2, 3, 4]);
  rows.sigmoidSumsBack(y, next, random(3 * ROWS), a, lists, ROWS, INNER);
  return [out, b, y].flatMap(({ values }) => [...values]).concat([...dots]);
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
  ['the last numbers of a row left out of a product', 'lists.ts', 'if (rest & 3) {', 'if (rest & 8) {'],
  [
    'columns of a weighted sum taken twice',
    'lists.ts',
    's1 = multiplyAdd(f, v128.load(row, 16), s1)',
    's1 = multiplyAdd(f, v128.load(row), s1)',
  ],
  ['running sums that are not kept', 'lists.ts', 'v128.store(sum, value);', ''],
  ['errors without those of the next row', 'lists.ts', 'if (later >= 0)', 'if (later >= 4)'],
  ['a gradient that is not shortened', 'elements.ts', '(1 - beta1) * factor', '(1 - beta1)'],
  ['a step that is not divided by the root', 'elements.ts', 'f32x4.sqrt(second)', 'second'],
  ['an average that moves away', 'elements.ts', 'read(to, count), own)', 'own, read(to, count))'],
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
