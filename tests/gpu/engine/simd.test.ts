/** WebAssembly SIMD in the browser, whose instructions and memories are others than those of Node. */
import { expect, it } from 'vitest';
import { plainRows } from '../../../src/simd/plain-rows.ts';
import type { RowOperations } from '../../../src/simd/rows.ts';
import { matrix } from '../../../src/simd/rows.ts';
import { loadSimd } from '../../../src/simd/load.ts';
import { openRows } from '../../../src/simd/simd.ts';

const BYTES = 2 ** 16;

function product(rows: RowOperations): Float32Array {
  const [a, b, out] = [30 * 40, 40 * 20, 30 * 20].map((length) => rows.floats(length));
  a.forEach((_, at) => (a[at] = Math.sin(at)));
  b.forEach((_, at) => (b[at] = Math.cos(at)));
  rows.multiply(matrix(out, 20), matrix(a, 40), matrix(b, 20), 30, 40, 20, null);
  return out;
}

it('loads, with fused multiply-add, and multiplies', async () => {
  const simd = await loadSimd();
  expect(simd?.description).toBe('wasm SIMD, fused multiply-add');
  const right = product(plainRows(BYTES));
  product(simd!.open(BYTES)!).forEach((value, at) => expect(Math.abs(value - right[at])).toBeLessThan(1e-5));
});

it('opens as many models as are asked for, the last ones on typed arrays where memories run out', async () => {
  const simd = await loadSimd();
  const opened = Array.from({ length: 300 }, () => openRows(simd, BYTES));
  const first = product(opened[0]);
  for (const rows of opened.slice(1))
    product(rows).forEach((value, at) => expect(Math.abs(value - first[at])).toBeLessThan(1e-5));
});
