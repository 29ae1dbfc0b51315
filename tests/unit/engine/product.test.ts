import { describe, expect, it } from 'vitest';
import { fillNoise } from '../../../src/data/noise-matrix.ts';
import { LEFT_SEED, openThreadProduct, RIGHT_SEED } from '../../../src/engine/backends/cpu/product.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { loadSimd } from '../../../src/simd/load.ts';
import { worst } from '../../worst.ts';
import { fakeWorkers } from './fake-workers.ts';

/** In f64. */
function expected(side: number): Float64Array {
  const [left, right] = [new Float32Array(side * side), new Float32Array(side * side)];
  fillNoise(left, LEFT_SEED);
  fillNoise(right, RIGHT_SEED);
  return Float64Array.from({ length: side * side }, (_, at) => {
    const [row, column] = [Math.floor(at / side), at % side];
    let sum = 0;
    for (let i = 0; i < side; i++) sum += left[row * side + i] * right[i * side + column];
    return sum;
  });
}

describe('the product of noise', () => {
  it.each([1, 5, 64, 130])('of %i rows is that of f64, with and without SIMD', async (side) => {
    const simd = await loadSimd();
    expect(simd).not.toBeNull();
    for (const used of [simd, null]) {
      const product = openThreadProduct(used, side);
      product.multiply(2);
      expect(worst(product.result, expected(side))).toBeLessThan(1e-4);
    }
  });

  it('is made by every thread of the pool at a time, and by this one where there are none', async () => {
    const fake = fakeWorkers(3);
    const product = await createCpuBackend(undefined, fake.pool).matrixProduct(32);
    expect(product.together).toBe(3);
    await product.run(2);
    expect(fake.tasks).toEqual(['product', 'product']);
    expect(worst(await product.result(), expected(32))).toBeLessThan(1e-4);
    fake.pool.destroy();

    const alone = await createCpuBackend().matrixProduct(32);
    expect(alone.together).toBe(1);
    await alone.run(1);
    expect(worst(await alone.result(), expected(32))).toBeLessThan(1e-4);
  });

  it('is made here where workers end', async () => {
    const fake = fakeWorkers(2);
    const product = await createCpuBackend(undefined, fake.pool).matrixProduct(16);
    fake.conduct = 'crashes';
    await product.run(1);
    expect(worst(await product.result(), expected(16))).toBeLessThan(1e-4);
    fake.pool.destroy();
  });
});

describe('noise', () => {
  it('lies between -1 and 1, differs by the seed, and repeats after a prime number', () => {
    const [one, two] = [new Float32Array(9000), new Float32Array(9000)];
    fillNoise(one, 1);
    fillNoise(two, 2);
    expect(one.every((value) => value >= -1 && value < 1)).toBe(true);
    expect(one[0]).not.toBe(two[0]);
    expect(one[8191]).toBe(one[0]);
    expect(new Set(one.subarray(0, 8191)).size).toBeGreaterThan(8000);
    const short = new Float32Array(3);
    fillNoise(short, 1);
    expect([...short]).toEqual([...one.subarray(0, 3)]);
  });
});
