/** Row operations on typed arrays and in both builds of the WebAssembly, under their names. */
import { setFlagsFromString } from 'node:v8';
import { compileSimd } from '../../../src/build/simd.mjs';
import { plainRows } from '../../../src/simd/plain-rows.ts';
import type { RowOperations } from '../../../src/simd/rows.ts';
import { openBuild, type Simd } from '../../../src/simd/simd.ts';

const builds = await compileSimd();
export const bytes = {
  simd: Uint8Array.from(Buffer.from(builds.simd, 'base64')),
  fused: Uint8Array.from(Buffer.from(builds.fused, 'base64')),
};
// Node 20 has the instructions, but asks to be told so.
if (!WebAssembly.validate(bytes.fused)) setFlagsFromString('--experimental-wasm-relaxed-simd');

async function opened(build: 'simd' | 'fused'): Promise<Simd> {
  const simd = await openBuild(build, (name) => Promise.resolve(bytes[name]));
  if (!simd) throw new Error(`${build}: not opened`);
  return simd;
}

export const simd = await opened('simd');
export const fused = await opened('fused');

const ROOM = 2 ** 22;

/** Row operations with room for some megabytes. */
export const implementations: readonly (readonly [string, () => RowOperations])[] = [
  ['typed arrays', () => plainRows(ROOM)],
  [simd.description, () => simd.open(ROOM)!],
  [fused.description, () => fused.open(ROOM)!],
];

/** A row of uniform numbers from -1 to 1, the same for the same seed. */
export function uniforms(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** The largest difference of two arrays. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = a.length === b.length ? 0 : Infinity;
  for (let i = 0; i < a.length; i++) {
    const own = Math.abs(a[i] - b[i]);
    // A NaN is as far off as can be.
    largest = own <= largest ? largest : Number.isNaN(own) ? Infinity : own;
  }
  return largest;
}
