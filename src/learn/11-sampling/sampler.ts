import { type Grid, type PackedImages, packImages, pixelCount, unpackImage } from '../../data/images.ts';
import { randomWords, Stream, streamKey, uniform } from '../../data/rng.ts';
import { fires } from '../../models/shared/ancestral.ts';
import { sigmoid } from '../../models/shared/math.ts';
import type { CpuModel } from '../../models/cpu-model.ts';

/** What sampling needs of a model whose pixels come in raster order. */
export type Conditionals = Pick<CpuModel, 'conditionalLogits'>;

/** The random numbers of a seed's first image, one a pixel, each in (0, 1), [n]: those of every sampler of Inkling. */
export function uniformsOf(seed: number, n: number): Float64Array {
  const words = new Uint32Array(n);
  randomWords(seed, streamKey(Stream.sample), 0, words);
  return Float64Array.from(words, uniform);
}

/** p(x_i = 1 | x_<i) of every pixel of an image, [n], each logit divided by the temperature. */
export function probabilitiesOf(model: Conditionals, image: PackedImages, temperature: number): Float64Array {
  return Float64Array.from(model.conditionalLogits(image), (logit) => sigmoid(logit / temperature));
}

/**
 * All pixels at once, again and again from a blank image: pixel i turns on where u_i < p(x_i = 1 | x_<i) of the image before.
 * Gives the blank image and the image after every sweep that changed something, each [n], and stops after at most n sweeps
 * (`fixed-point.ts` of the engine says why). The last one is the image that is drawn pixel by pixel.
 */
export function sweepsOf(
  model: Conditionals,
  grid: Grid,
  uniforms: Float64Array,
  temperature: number,
): readonly Uint8Array[] {
  const n = pixelCount(grid);
  const images = [new Uint8Array(n)];
  for (;;) {
    const before = images[images.length - 1];
    const logits = model.conditionalLogits(packImages(grid, before));
    const after = Uint8Array.from(logits, (logit, i) => (fires(logit / temperature, uniforms[i]) ? 1 : 0));
    if (after.every((ink, i) => ink === before[i])) return images;
    images.push(after);
  }
}

/** The image of these random numbers, drawn pixel by pixel, [n]. */
export function drawnBy(
  model: Pick<CpuModel, 'sampler'>,
  seed: number,
  temperature: number,
  n: number,
): Uint8Array {
  const sampler = model.sampler({ seed, indices: new Uint32Array(1), temperature });
  sampler.advance(n);
  return unpackImage(sampler.images, 0);
}

/**
 * Sweeps after which every image is right, whatever the random numbers are: the number of pixels on the longest path along the
 * parents. `parents[i]` are the pixels that pixel i looks at, all of them before i.
 */
export function sweepsNeeded(parents: readonly (readonly number[])[]): number {
  const depth: number[] = [];
  for (const own of parents) depth.push(1 + own.reduce((most, parent) => Math.max(most, depth[parent]), 0));
  return depth.reduce((most, each) => Math.max(most, each), 0);
}

/** The pixels to the left and above of every pixel of a grid, [n] lists. */
export function leftAndAbove({ width, height }: Grid): number[][] {
  return Array.from({ length: width * height }, (_, i) => [
    ...(i % width > 0 ? [i - 1] : []),
    ...(i >= width ? [i - width] : []),
  ]);
}
