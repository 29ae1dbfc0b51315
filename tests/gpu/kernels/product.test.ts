/** ops/product.wgsl against f64, in tiles of 64 and of 32, on sides that fill no tile; planted errors are detected. */
import { describe, expect, it } from 'vitest';
import { fillNoise } from '../../../src/data/noise-matrix.ts';
import { LEFT_SEED, RIGHT_SEED } from '../../../src/engine/backends/cpu/product.ts';
import { openProduct } from '../../../src/engine/backends/webgpu/product.ts';
import type { ShaderSources } from '../../../src/gpu/wgsl.ts';
import { mutate, withDevice, worst } from '../setup.ts';

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

function errorOf(side: number, vendor: string, sources?: ShaderSources): Promise<number> {
  return withDevice(
    sources,
    async (device) => {
      const product = await openProduct(device, side);
      await product.run(2);
      const error = worst(await product.result(), expected(side));
      product.destroy();
      return error;
    },
    { vendor },
  );
}

describe('the product of noise', () => {
  // Up to 256 rows in tiles of 32 by 256 threads; more in tiles of 64, or of 32 on devices with few registers.
  it.each([
    [1, 'any'],
    [33, 'any'],
    [256, 'any'],
    [300, 'any'],
    [320, 'any'],
    [300, 'arm'],
  ] as const)('of %i rows, on a device of %s', async (side, vendor) => {
    expect(await errorOf(side, vendor)).toBeLessThan(1e-4);
  });

  it.each([
    ['rows beyond the last', 'row < params.side);', 'row < params.side - 1u);'],
    ['a transposed right side', 'right[inner * params.side + column]', 'right[column * params.side + inner]'],
    ['tiles in the wrong row', '(tile / tiles) * tile_rows', '(tile % tiles) * tile_rows'],
  ])('detects %s', async (_, text, replacement) => {
    expect(await errorOf(65, 'any', mutate('ops/product.wgsl', text, replacement))).toBeGreaterThan(0.01);
  });
});
