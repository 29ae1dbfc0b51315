/**
 * Ancestral sampling with the known pixels clamped. Every unknown pixel is drawn from p(x_i | x_<i): it sees the known pixels
 * before it, and none of those after, so that this is p(unknown | known) only where the known pixels all come first.
 */
import type { Evidence } from '../../../data/known-pixels.ts';
import { type PackedImages, pixelCount } from '../../../data/images.ts';
import type { Evaluator } from '../../backends/backend.ts';
import { place, repeated, type Work } from './work.ts';

/** Images drawn at a time. */
const CHUNK = 1024;
/** A step over some pixels aims at this long. */
const STEP_MS = 25;

/** Which images to draw: those of these numbers, [count]; by the whole model unless `of` picks a member. */
export interface ForwardRequest {
  readonly seed: number;
  readonly indices: Uint32Array<ArrayBuffer>;
  readonly of?: (evaluator: Evaluator) => Evaluator;
}

/** Draws the images; `onPart` sees all of them as they are so far, and the share that is done. */
export async function drawForward(
  work: Work,
  evidence: Evidence,
  { seed, indices: wanted, of = (evaluator) => evaluator }: ForwardRequest,
  onPart: (images: PackedImages, done: number) => void,
): Promise<PackedImages> {
  const count = wanted.length;
  const n = pixelCount(evidence.image.grid);
  const all = repeated(evidence, count);
  for (let at = 0; at < count; at += CHUNK) {
    const indices = wanted.slice(at, at + CHUNK);
    await work.evaluate(async (evaluator) => {
      const sampler = await of(evaluator).sampler({ seed, indices, temperature: 1, given: evidence });
      try {
        for (let step = 4; sampler.position < n;) {
          const begun = performance.now();
          await sampler.advance(step);
          if (performance.now() - begun < STEP_MS / 2) step *= 2;
          await work.turn();
          if (!work.frameDue()) continue;
          place(all, await sampler.images(), at);
          onPart(all, (at + (indices.length * sampler.position) / n) / count);
        }
        place(all, await sampler.images(), at);
      } finally {
        sampler.destroy();
      }
    });
  }
  return all;
}
