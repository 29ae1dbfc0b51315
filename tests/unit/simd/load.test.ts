import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadSimd } from '../../../src/simd/load.ts';
import { bytesFor, matrix } from '../../../src/simd/rows.ts';
import { openBuild, openRows, supportedBuild } from '../../../src/simd/simd.ts';
import { bytes, fused, implementations, simd } from './implementations.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('the files', () => {
  it('are together below 60 kB gzipped', () => {
    const total = Object.values(bytes).reduce((sum, each) => sum + gzipSync(each, { level: 9 }).length, 0);
    expect(total).toBeLessThan(60_000);
    expect(bytes.simd).not.toEqual(bytes.fused);
  });

  it('hold no data, which would lie where arrays are', () => {
    for (const each of Object.values(bytes)) {
      const sections: number[] = [];
      for (let at = 8; at < each.length;) {
        sections.push(each[at++]);
        let size = 0;
        for (let shift = 0, more = true; more; shift += 7) {
          size += (each[at] & 0x7f) * 2 ** shift;
          more = each[at++] > 0x7f;
        }
        at += size;
      }
      // Code, and no data (WebAssembly core specification, 5.5.2).
      expect(sections).toContain(10);
      expect(sections).not.toContain(11);
    }
  });
});

describe('loading', () => {
  it('happens once, with the build that the machine supports', async () => {
    const first = await loadSimd();
    expect(first?.description).toBe(
      supportedBuild() === 'fused' ? 'wasm SIMD, fused multiply-add' : 'wasm SIMD',
    );
    expect(await loadSimd()).toBe(first);
  });

  it.each([
    ['fused', true, true],
    ['simd', false, true],
    [null, false, false],
  ] as const)('chooses %s by the instructions that validate', (build, relaxed, plain) => {
    // The module with the fused instruction is the longer one.
    vi.stubGlobal('WebAssembly', {
      validate: (module: Uint8Array) => (module.length > 35 ? relaxed : plain),
    });
    expect(supportedBuild()).toBe(build);
  });

  it('knows the instructions of this machine', () => {
    expect(WebAssembly.validate(bytes.fused)).toBe(true);
    expect(supportedBuild()).toBe('fused');
  });

  it('finds nothing where there is no WebAssembly', () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(supportedBuild()).toBeNull();
  });

  it.each([
    ['a file that is cut off', () => Promise.resolve(bytes.simd.slice(0, 3000))],
    ['a page in place of the file', () => Promise.resolve(new TextEncoder().encode('<!doctype html>'))],
    ['a failed request', () => Promise.reject(new TypeError('Failed to fetch'))],
  ])('of %s ends without one, and says so in the log', async (_, read) => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    expect(await openBuild('simd', read)).toBeNull();
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^wasm SIMD could not be loaded, so that typed arrays compute instead: \w*Error/),
    );
  });

  it('that a policy forbids ends without one', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    vi.spyOn(WebAssembly, 'compile').mockRejectedValue(
      new WebAssembly.CompileError('blocked by the content security policy'),
    );
    expect(await openBuild('simd', () => Promise.resolve(bytes.simd))).toBeNull();
    expect(warn).toHaveBeenCalledOnce();
  });
});

describe('a memory', () => {
  it.each(implementations)('has the arrays that were asked for, aligned and empty: %s', (_, open) => {
    const rows = open();
    for (const length of [3, 5, 1]) {
      const array = rows.floats(length);
      expect(array.byteOffset % 16).toBe(0);
      expect([...array]).toEqual(Array.from({ length }, () => 0));
    }
    expect(rows.integers(2)).toEqual(new Int32Array(2));
  });

  it('holds what bytesFor says, and no more', () => {
    for (const own of [null, simd]) {
      const rows = openRows(own, bytesFor(3, 5, 100));
      rows.floats(5);
      rows.integers(3);
      rows.floats(97);
      expect(() => rows.floats(1)).toThrow('rows: 16 bytes more than were asked for');
    }
  });

  it('refuses arrays of another one', () => {
    const [a, b] = [simd.open(100)!, simd.open(100)!];
    const foreign = b.floats(4);
    expect(() => a.relu(a.floats(4), foreign, 4)).toThrow('rows: an array of another memory');
    expect(() => a.gather(matrix(a.floats(4), 4), matrix(foreign, 4), a.integers(1), 1, 4)).toThrow();
  });

  it('that cannot be had is replaced by typed arrays', () => {
    vi.spyOn(WebAssembly, 'Memory').mockImplementation(function () {
      throw new RangeError('could not allocate memory');
    });
    expect(fused.open(100)).toBeNull();
    const rows = openRows(fused, 100);
    const x = rows.floats(2);
    x.set([-1, 2]);
    rows.relu(x, x, 2);
    expect([...x]).toEqual([0, 2]);
  });
});
