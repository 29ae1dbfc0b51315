import type { PackedImages } from '../../../src/data/images.ts';
import type { GreyImages } from '../../../src/data/images.ts';
import type { Binarisation } from '../../../src/data/binarisation.ts';
import { pixelCount, sliceImages, unpackImage } from '../../../src/data/images.ts';
import { randomWords, Stream, streamKey, uniform } from '../../../src/data/rng.ts';
import type { Model } from '../../../src/models/model.ts';
import type { Amount, Outcome, Work } from '../tasks.ts';
import { SEED } from '../tasks.ts';

export const BINARISATION: Binarisation = { kind: 'stochastic', seed: 0 };

/** What every contender is given: the same weights and images; uniforms come from `uniforms`. */
export interface Subject {
  readonly model: Model;
  readonly work: Work;
  readonly grey: GreyImages;
  /** The same images as bits. */
  readonly images: PackedImages;
  /** Images of a training step. */
  readonly batch: number;
}

/** Images as they were drawn, which are unpacked only where they are looked at; scores and losses as they are. */
export type Result = ArrayLike<number> | PackedImages;

export function outcomeOf(result: Result): Outcome {
  return 'words' in result ? Array.from(floatsOf(result)) : Array.from(result);
}

/** One contender with one model, ready for one work. */
export interface Ready {
  /** What it computes with, to be shown. */
  readonly description: string;
  /** Whether `pixels` of an amount are always all of them. */
  readonly wholeImages: boolean;
  /** Where they need not be: the fewest that are worth a timing. */
  readonly pixels: number;
  run(amount: Amount): Promise<Result>;
  close(): void;
}

/** A sentence where the contender does not offer the work. */
export type OpenContender = (subject: Subject) => Promise<Ready | string>;

/** A slow contender draws so many pixels of an image and is charged for all, as each takes the same time: where a pixel is one step of a recurrence. */
export const MANY_PIXELS = 28;
/** The same where the whole network is computed for every pixel. */
export const FEW_PIXELS = 2;

/** `[count, n]` f32 of 0 and 1. */
export function floatsOf(images: PackedImages): Float32Array<ArrayBuffer> {
  const n = pixelCount(images.grid);
  const all = new Float32Array(images.count * n);
  for (let m = 0; m < images.count; m++) all.set(unpackImage(images, m), m * n);
  return all;
}

/** `[count, n]`: what pixel t of image m is compared with; the same numbers that Inkling's samplers draw. */
export function uniforms(count: number, n: number): Float32Array<ArrayBuffer> {
  const all = new Float32Array(count * n);
  const words = new Uint32Array(n);
  for (let m = 0; m < count; m++) {
    randomWords(SEED, streamKey(Stream.sample), m, words);
    words.forEach((word, t) => (all[m * n + t] = uniform(word)));
  }
  return all;
}

/** The numbers of the images of a training step, in turn. */
export function batchAt(step: number, size: number, count: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: size }, (_, i) => (step * size + i) % count);
}

/** The first images. */
export function firstOf(images: PackedImages, count: number): PackedImages {
  return sliceImages(images, 0, count);
}
