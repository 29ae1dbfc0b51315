import { describe, expect, it } from 'vitest';
import { shaderSources } from '../../../src/gpu/shaders.ts';
import { overridden, readKernel } from '../../../src/gpu/kernel.ts';
import { tilesFor } from '../../../src/gpu/tiles.ts';

describe('tiles of products', () => {
  it('are 64 by 64, and 32 by 32 on phones and for few rows', () => {
    const side = (vendor: string, rows: number) => tilesFor({ vendor }, rows).tile_rows;
    expect([side('nvidia', Infinity), side('', 300), side('apple', 300)]).toEqual([64, 64, 64]);
    expect([side('arm', Infinity), side('Qualcomm', 300), side('nvidia', 128)]).toEqual([32, 32, 32]);
  });

  it('are shared by 256 threads for few rows', () => {
    const threads = (vendor: string, rows: number) => tilesFor({ vendor }, rows).threads;
    expect([threads('nvidia', 128), threads('arm', 256)]).toEqual([256, 256]);
    expect([threads('nvidia', 257), threads('arm', Infinity)]).toEqual([64, 64]);
  });

  it('are known to the kernels that multiply, whose costs are then others, and to no other', () => {
    const tiles = tilesFor({ vendor: 'arm' }, 128);
    const product = overridden(readKernel('made/first.wgsl', shaderSources), tiles);
    expect(product.label).toBe('made.first (tile_rows 32, tile_columns 32, threads 256)');
    expect(product.face.constants.get('tile_rows')).toBe(32);
    expect(overridden(readKernel('ops/adam.wgsl', shaderSources), tiles).label).toBe('ops.adam');
  });
});
