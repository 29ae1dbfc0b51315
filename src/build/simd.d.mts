import type { Plugin } from 'vite';

/** The sources of src/simd/assembly by name. */
export function readSources(): Map<string, string>;

/** One build of the sources as base64, with or without fused multiply-add. */
export function compileOne(sources: ReadonlyMap<string, string>, fused: boolean): Promise<string>;

/** Both builds of src/simd/assembly as base64. */
export function compileSimd(): Promise<{ readonly simd: string; readonly fused: string }>;

/** Offers them as the module "virtual:simd": see src/simd/virtual.d.ts. */
export function simdPlugin(): Plugin;
