import type { PackedImages } from '../data/images.ts';
import type { KnownPixels } from '../data/known-pixels.ts';

/** Which images to draw. Image number `indices[i]` is a function of (model, seed, indices[i], temperature) alone. */
export interface SampleRequest {
  readonly seed: number;
  /** [count] */
  readonly indices: Uint32Array<ArrayBuffer>;
  /** Divides every logit: 1 is the model itself, below 1 bolder, above 1 noisier. */
  readonly temperature: number;
  /**
   * Pixels that are given: the sampler takes them as they are instead of drawing them, and goes on. Latents are drawn as
   * always, so the images follow p(x) given these pixels only where all of them come first in the order and there is no latent.
   */
  readonly given?: KnownPixels | null;
}

/**
 * Ancestral sampling in progress: every image has the first `position` pixels of its order decided. A latent (the
 * component of a mixture, the order of an ensemble) is drawn before the first pixel, from a stream of its own.
 */
export interface CpuSampler {
  readonly position: number;
  /** Decides up to `pixels` more pixels of every image; past the last pixel it does nothing. */
  advance(pixels: number): void;
  /** What is decided so far; undecided pixels are 0. A live view, not a copy. */
  readonly images: PackedImages;
}

/** A sampling method in progress: images may finish after different numbers of iterations. */
export interface CpuIterativeSampler {
  /** Iterations that each image took until it was finished, [count]; 0 while it is not. A live view. */
  readonly finished: Uint32Array<ArrayBuffer>;
  /** Runs up to `iterations` more iterations of every image that is not finished. */
  advance(iterations: number): void;
  /** The images so far; a live view. */
  readonly images: PackedImages;
}
