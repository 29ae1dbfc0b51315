import { plainRows } from './plain-rows.ts';
import type { RowOperations } from './rows.ts';
import type { RandomRows } from './wasm-random.ts';
import { wasmRandom } from './wasm-random.ts';
import { wasmRows } from './wasm-rows.ts';

/** The two builds of src/simd/assembly: the second multiplies and adds with one rounding. */
export type Build = 'simd' | 'fused';

/** Row operations in WebAssembly SIMD, compiled. */
export interface Simd {
  /** To be shown. */
  readonly description: string;
  /** Row operations with room for arrays of `bytes` together (`bytesFor`), on a memory of their own; null where it cannot be had. */
  open(bytes: number): RowOperations | null;
  /** Random numbers on a memory that all callers share, had by the first call; null where it cannot be had. */
  random(): RandomRows | null;
}

const DESCRIPTIONS: Readonly<Record<Build, string>> = {
  simd: 'wasm SIMD',
  fused: 'wasm SIMD, fused multiply-add',
};

/** Row operations with room for arrays of `bytes` together: in WebAssembly where there is one, else on typed arrays. */
export function openRows(simd: Simd | null | undefined, bytes: number): RowOperations {
  return simd?.open(bytes) ?? plainRows(bytes);
}

/** Compiles a build. Null, with a warning in the log, where it cannot be read or compiled; null too where there is none. */
export async function openBuild(
  build: Build | null,
  read: (build: Build) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Simd | null> {
  if (build === null) return null;
  try {
    const module = await WebAssembly.compile(await read(build));
    let random: RandomRows | null | undefined;
    return {
      description: DESCRIPTIONS[build],
      open: (bytes) => wasmRows(module, bytes),
      random: () => (random === undefined ? (random = wasmRandom(module)) : random),
    };
  } catch (error) {
    console.warn(`wasm SIMD could not be loaded, so that typed arrays compute instead: ${String(error)}`);
    return null;
  }
}

/** The build that this machine can run, by trying the instructions; null where it has no SIMD, or no WebAssembly. */
export function supportedBuild(): Build | null {
  const { WebAssembly } = globalThis as { WebAssembly?: Pick<typeof globalThis.WebAssembly, 'validate'> };
  if (!WebAssembly) return null;
  // i32.const 0, i32x4.splat; and f32x4.relaxed_madd of three such vectors.
  const splat = [0x41, 0, 0xfd, 0x11];
  if (WebAssembly.validate(moduleOf([...splat, ...splat, ...splat, 0xfd, 0x85, 0x02]))) return 'fused';
  return WebAssembly.validate(moduleOf(splat)) ? 'simd' : null;
}

/** A module of one function without arguments that gives a vector (WebAssembly core specification, chapter 5). */
function moduleOf(instructions: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0, ...instructions, 0x0b];
  const code = [1, body.length, ...body];
  const types = [1, 5, 1, 0x60, 0, 1, 0x7b];
  const functions = [3, 2, 1, 0];
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...types, ...functions, 10, code.length, ...code]);
}
