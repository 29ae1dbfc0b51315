import { drawUniforms, Stream, streamKey } from '../../data/rng.ts';
import type { Simd } from '../../simd/simd.ts';

const SAMPLE_KEY = streamKey(Stream.sample);

/**
 * Gives a row that begins with the uniform numbers of places `first` to `first + count - 1` of image number `index`: what decides its pixels. The next
 * call overwrites it, and so may one of another sampler; it may be written to until then.
 */
export type DrawRow = (index: number, first: number, count: number) => Float32Array;

/** Of at most `most` places a call. By the Simd where it has random numbers, else on typed arrays: the same numbers. */
export function sampleUniforms(seed: number, most: number, simd: Simd | null): DrawRow {
  const random = simd?.random();
  if (random) return (index, first, count) => random.uniforms(seed, SAMPLE_KEY, index, first, count);
  const row = new Float32Array(most);
  return (index, first, count) => {
    drawUniforms(seed, SAMPLE_KEY, index, first, count, row);
    return row;
  };
}
