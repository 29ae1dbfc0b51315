import { encoded, files } from 'virtual:simd';
import type { Build, Simd } from './simd.ts';
import { openBuild, supportedBuild } from './simd.ts';

let loading: Promise<Simd | null> | null = null;

/** The row operations that this machine can run, fetched and compiled by the first call; null where it can run none. */
export function loadSimd(): Promise<Simd | null> {
  return (loading ??= openBuild(supportedBuild(), readBytes));
}

/** Whether this machine, as it is set now, runs the build with fused multiply-add. */
export function fuses(): boolean {
  return supportedBuild() === 'fused';
}

/** The bytes of a build: fetched, or part of the program in Node and in development. */
async function readBytes(build: Build): Promise<Uint8Array<ArrayBuffer>> {
  if (encoded) return Uint8Array.from(atob(files[build]), (character) => character.charCodeAt(0));
  const response = await fetch(files[build]);
  if (!response.ok) throw new Error(`${files[build]}: HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
