import type { Plugin } from 'vite';

/** Both builds of src/simd/assembly as base64. */
export function compileSimd(): Promise<{ readonly simd: string; readonly fused: string }>;

/** Offers them as the module "virtual:simd": see src/simd/virtual.d.ts. */
export function simdPlugin(): Plugin;
