/**
 * Ancestral sampling with the known pixels clamped. Every unknown pixel is drawn from p(x_i | x_<i), which ignores the known
 * pixels after it: this is p(unknown | known) only where all known pixels come first.
 */
import type { KnownPixels } from '../../../data/known-pixels.ts';
import { type PackedImages, pixelCount, putImages, repeatImage } from '../../../data/images.ts';
import { forEachSlice } from '../../../data/slices.ts';
import type { Evaluator } from '../../backends/backend.ts';
import type { Work } from './work.ts';

/** Images per sampler. */
const CHUNK = 1024;
/** Intended duration of one advance of the sampler. */
const STEP_MS = 25;

/** The numbers of the images to draw, [count]; by the whole model unless `of` picks a class model. */
export interface ForwardRequest {
  readonly seed: number;
  readonly indices: Uint32Array<ArrayBuffer>;
  readonly of?: (evaluator: Evaluator) => Evaluator;
}

/** Draws the images; `onPart` gets all of them, partly drawn, and the share that is done. */
export async function drawForward(
  work: Work,
  knownPixels: KnownPixels,
  { seed, indices: wanted, of = (evaluator) => evaluator }: ForwardRequest,
  onPart: (images: PackedImages, done: number) => void,
): Promise<PackedImages> {
  const count = wanted.length;
  const n = pixelCount(knownPixels.image.grid);
  const all = repeatImage(knownPixels.image, count);
  for (let at = 0; at < count; at += CHUNK) {
    const indices = wanted.slice(at, at + CHUNK);
    await work.evaluate(async (evaluator) => {
      const sampler = await of(evaluator).sampler({ seed, indices, temperature: 1, given: knownPixels });
      try {
        await forEachSlice(n, {
          targetMs: STEP_MS,
          signal: work.signal,
          work: async (_, pixels) => {
            await sampler.advance(pixels);
            if (!work.frameDue()) return;
            putImages(all, at, await sampler.images());
            onPart(all, (at + (indices.length * sampler.position) / n) / count);
          },
        });
        putImages(all, at, await sampler.images());
      } finally {
        sampler.destroy();
      }
    });
  }
  return all;
}
