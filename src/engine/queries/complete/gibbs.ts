/**
 * Gibbs sampling (Geman and Geman, "Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images", 1984):
 * every unknown pixel is redrawn in turn from what the model says given all others,
 *   p(x_i = 1 | rest) = sigmoid(log p(x with x_i = 1) - log p(x with x_i = 0)).
 * The chains' distribution converges to p(unknown | known) from any start; the number of sweeps needed is not known.
 */
import { type KnownPixels, unknownPixels } from '../../../data/known-pixels.ts';
import { getPixel, type PackedImages, pixelCount, wordsPerImage } from '../../../data/images.ts';
import { indexRange, randomWords, Stream, streamKey, uniform } from '../../../data/rng.ts';
import { sigmoid } from '../../../models/shared/math.ts';
import { drawForward } from './forward.ts';
import type { Work } from './work.ts';

interface GibbsRequest {
  readonly seed: number;
  readonly count: number;
  readonly sweeps: number;
}

/** `count` chains in parallel, started from forward samples. All images are scored once per pixel and sweep. */
export async function drawGibbs(
  work: Work,
  knownPixels: KnownPixels,
  { seed, count, sweeps }: GibbsRequest,
): Promise<PackedImages> {
  const images = await drawForward(work, knownPixels, { seed, indices: indexRange(0, count) }, (part) =>
    work.show(part, knownPixels, 0),
  );
  const unknown = unknownPixels(knownPixels);
  const uniforms = new Float64Array(count * pixelCount(images.grid));
  let logs = await work.logLikelihood(images);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    drawUniforms(uniforms, { seed, count, sweep });
    for (let place = 0; place < unknown.length; place++) {
      logs = await redraw(work, images, logs, unknown[place], uniforms);
      work.show(images, knownPixels, (sweep + (place + 1) / unknown.length) / sweeps);
    }
  }
  return images;
}

/** Redraws one pixel of all images in place. `logs` is their log p before, the result after, both [count]. */
async function redraw(
  work: Work,
  images: PackedImages,
  logs: Float64Array<ArrayBuffer>,
  pixel: number,
  uniforms: Float64Array,
): Promise<Float64Array<ArrayBuffer>> {
  const n = pixelCount(images.grid);
  const stride = wordsPerImage(images.grid);
  const bit = 1 << (pixel & 31);
  const flipped = { ...images, words: images.words.slice() };
  for (let m = 0; m < images.count; m++) flipped.words[m * stride + (pixel >> 5)] ^= bit;
  const others = await work.logLikelihood(flipped);
  return logs.map((own, m) => {
    const on = getPixel(images, m, pixel);
    const gain = others[m] - own;
    const next = uniforms[m * n + pixel] < sigmoid(on ? -gain : gain) ? 1 : 0;
    if (next === on) return own;
    images.words[m * stride + (pixel >> 5)] ^= bit;
    return others[m];
  });
}

/** Uniforms of this sweep, [count, n]. */
function drawUniforms(
  out: Float64Array,
  { seed, count, sweep }: { seed: number; count: number; sweep: number },
): void {
  const words = new Uint32Array(out.length / count);
  for (let m = 0; m < count; m++) {
    randomWords(seed, streamKey(Stream.gibbs, sweep), m, words);
    words.forEach((word, pixel) => (out[m * words.length + pixel] = uniform(word)));
  }
}
