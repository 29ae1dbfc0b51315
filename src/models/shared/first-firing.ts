import { blankImages, type Grid, pixelCount, setPixel } from '../../data/images.ts';
import type { Simd } from '../../simd/simd.ts';
import type { CpuIterativeSampler, SampleRequest } from '../sampling.ts';
import { sampleUniforms } from './uniforms.ts';

/** What a family adds to sampling by first firing. */
export interface FirstFiringState {
  /** Draws the uniforms where it is given. */
  readonly simd?: Simd;
  /**
   * The first pixel of image m from `cursor` on, 0 in its first iteration, that turns on; n where none does. `uniformsOf(m)` are
   * the image's uniform numbers, [n], valid until the next call for another image.
   */
  next(m: number, cursor: number, uniformsOf: (m: number) => Float32Array): number;
  /** Pixel i of image m has turned on. */
  turnOn(m: number, i: number): void;
}

/**
 * Sampling by first firing: an iteration goes from a pixel that turned on straight to the next one, as those between, which
 * stay off, change nothing. It draws the same images as ancestral sampling; one that finds none ends the image.
 */
export function firstFiringSampler(
  grid: Grid,
  { seed, indices }: SampleRequest,
  state: FirstFiringState,
): CpuIterativeSampler {
  const n = pixelCount(grid);
  const images = blankImages(grid, indices.length);
  const finished = new Uint32Array(indices.length);
  const taken = new Uint32Array(indices.length);
  const cursors = new Int32Array(indices.length);
  const draw = sampleUniforms(seed, n, state.simd ?? null);
  // Kept here, as other samplers may draw between two calls of `advance`.
  const uniforms = new Float32Array(n);
  let drawn = -1;
  const uniformsOf = (m: number): Float32Array => {
    if (m !== drawn) uniforms.set(draw(indices[m], 0, n).subarray(0, n));
    drawn = m;
    return uniforms;
  };
  return {
    finished,
    images,
    advance(iterations) {
      for (let m = 0; m < indices.length; m++) {
        for (let k = 0; k < iterations && finished[m] === 0; k++) {
          const i = state.next(m, cursors[m], uniformsOf);
          taken[m]++;
          if (i === n) finished[m] = taken[m];
          else {
            setPixel(images, m, i, 1);
            state.turnOn(m, i);
            cursors[m] = i + 1;
          }
        }
      }
    },
  };
}
