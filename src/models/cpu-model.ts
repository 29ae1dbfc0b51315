import type { PackedImages } from '../data/images.ts';
import type { KnownPixels } from '../data/known-pixels.ts';
import type { CpuFeatures } from './features.ts';
import type { CpuIterativeSampler, CpuSampler, SampleRequest } from './sampling.ts';

/** One model opened for reading on the CPU. Synchronous: the caller chunks the work. Classifiers: see shared/classifier.ts. */
export interface CpuModel {
  /** log p of every image in nats, [count] f64. */
  logLikelihood(images: PackedImages): Float64Array<ArrayBuffer>;
  /**
   * Logit of p(x_i = 1 | x_<i) of every pixel of every image, [count, n] f32, entry i belonging to pixel i whatever
   * the order is. Logits, because a probability near 1 rounds to 1 in f32 and its surprise would then be infinite.
   * An ensemble over several orders has no such chain rule: it gives those of the order in which the image is likeliest.
   */
  conditionalLogits(images: PackedImages): Float32Array<ArrayBuffer>;
  sampler(request: SampleRequest): CpuSampler;
  /** Where `sampler` looks ahead: the same images, each pixel decided by itself. To compare with. */
  readonly plainSampler?: (request: SampleRequest) => CpuSampler;
  /**
   * Families that `jumps`: the same images, each iteration going straight to the next pixel that turns on. An image takes as many iterations as
   * it has pixels on, and one more, which finds none.
   */
  readonly firstFiring?: (request: SampleRequest) => CpuIterativeSampler;
  /** Classifiers alone: p(y|x) up to a constant an image, in nats, [count, CLASSES]. */
  readonly classLogits?: (images: PackedImages) => Float64Array<ArrayBuffer>;
  /** Families that can sum over pixels that are not known. */
  readonly marginal?: FamilyMarginal;
  /** Families with hidden units. */
  readonly features?: CpuFeatures;
  /**
   * Of families that are smooth in their inputs: how the logit of p(x_pixel = 1 | x_<pixel) of the first image changes with
   * each pixel before, pixels taken as real numbers: [n], exactly 0 from `pixel` on.
   */
  readonly inputGradient?: (images: PackedImages, pixel: number) => Float64Array<ArrayBuffer>;
}

/** Exact inference where not all pixels are known. */
export interface CpuMarginal {
  /** How it is done, in a few words: "by message passing along the tree". */
  readonly how: string;
  /** log p of the known pixels in nats, the others summed over, for every image, [count]. `known` is one image. */
  logMarginal(images: PackedImages, known: PackedImages): Float64Array<ArrayBuffer>;
  /**
   * Draws the unknown pixels from p(unknown | known), one image for each of `request.indices`; a function of (model,
   * known pixels, seed, index) alone. `request.given` are the known pixels; the temperature is not looked at.
   */
  complete(request: SampleRequest & { readonly given: KnownPixels }): PackedImages;
}

/** The exact inference of a family's own model. */
export interface FamilyMarginal extends CpuMarginal {
  /**
   * Where the known pixels come first in the order, their conditionals multiply to p(known) as well, and where their sum
   * alone is wanted the way of less work is taken.
   */
  work(known: PackedImages): ScoringWork;
  /**
   * What every known pixel adds: log p(x_i | the known pixels before i in `order`) in nats, [n], 0 at unknown ones; of one image. Where it
   * takes less than a marginal for every pixel.
   */
  readonly contributions?: (given: KnownPixels, order: Uint32Array) => Float64Array<ArrayBuffer>;
}

/** Rough work of scoring one image of many: exponentials and logarithms, a sum or a number read from a table counting a tenth. */
export interface ScoringWork {
  /** Of `logMarginal`. */
  readonly marginal: number;
  /** Of `conditionalLogits`, which gives all pixels' whichever are known. */
  readonly conditionals: number;
}
