/**
 * What the known pixels of one image add to the score of one class, log p(known | y): every one of them
 *
 *   log p(x_i | y, the known pixels before i),
 *
 * the unknown pixels before i being summed over. Generators, which pause every few milliseconds: their caller lets other work
 * in, or gives them up.
 */
import type { Evidence } from '../../../data/known-pixels.ts';
import { unknownPixels } from '../../../data/known-pixels.ts';
import {
  blankImages,
  getPixel,
  type PackedImages,
  pixelCount,
  setPixel,
  sliceImages,
  wordsPerImage,
} from '../../../data/images.ts';
import { indexRange } from '../../../data/rng.ts';
import { effectiveSamples, logBernoulli, logSumExp } from '../../../models/shared/math.ts';
import type { CpuMarginal, CpuModel } from '../../../models/types.ts';

/** Work that pauses, and may show what it has so far; what it gives at last. */
export type Paused<T, Part = never> = Generator<Part | null, T>;

/** One class's model. */
export interface Member {
  readonly cpu: CpuModel;
  /** In which its conditionals multiply to p(x | y), [n]; null for an ensemble over several orders, which has no chain rule. */
  readonly order: Uint32Array | null;
}

/**
 * `prefix` reads the conditionals off, the known pixels coming first or being all there are. `whole` only scores. `listed` adds
 * up every way to fill the unknown pixels, `sampled` takes the mean over some. `marginal` asks the family.
 */
export type Way = 'prefix' | 'whole' | 'marginal' | 'listed' | 'sampled';

export interface Added {
  /** log p(known | y). */
  readonly nats: number;
  /** What each pixel adds, [n], 0 at unknown ones; null where it is not known how the sum is made up. */
  readonly pixels: Float64Array | null;
  /** (sum w)^2 / sum w^2 of the weights of the samples; null where none were drawn. */
  readonly effectiveSamples: number | null;
}

/** Samples of every class where unknown pixels can only be sampled. */
export const SAMPLES = 64;
const SEED = 0;
/** Pixels drawn, and images read, between two pauses. */
const PIXELS = 16;
const IMAGES = 16;

/** What all known pixels add together. `evidence` is one image of the member's own numbering of the pixels. */
export function* addedBy(member: Member, evidence: Evidence, way: Way): Paused<Added> {
  const { cpu, order } = member;
  const { image, known } = evidence;
  if (way === 'whole') return { nats: cpu.logLikelihood(image)[0], pixels: null, effectiveSamples: null };
  if (way === 'marginal')
    return { nats: cpu.marginal!.logMarginal(image, known)[0], pixels: null, effectiveSamples: null };
  const fillings = way === 'listed' ? listFillings(evidence) : image;
  if (order === null) {
    const each = cpu.logLikelihood(fillings);
    yield null;
    return { nats: logSumExp(each), pixels: null, effectiveSamples: null };
  }
  const images = way === 'sampled' ? yield* sampleFillings(cpu, evidence) : fillings;
  const logits = yield* readLogits(cpu, images);
  return addUp(order, images, known, logits, way);
}

/**
 * Adds up along the order. The weight of a filling after place t is the probability of its known pixels on the way, and where
 * all fillings are listed that of its unknown ones too; the sum of all weights is then p(the known pixels so far), every
 * filling of the pixels still to come being counted as often as there are such. The mean over samples drawn on the way
 * estimates the same without bias.
 */
function addUp(
  order: Uint32Array,
  images: PackedImages,
  known: PackedImages,
  logits: Float32Array,
  way: Way,
): Added {
  const n = order.length;
  const pixels = new Float64Array(n);
  const weights = new Float64Array(images.count);
  let copies = images.count;
  let total = 0;
  for (const i of order) {
    const isKnown = getPixel(known, 0, i) === 1;
    if (isKnown || way === 'listed')
      weights.forEach((sum, s) => {
        weights[s] = sum + logBernoulli(getPixel(images, s, i), logits[s * n + i]);
      });
    if (isKnown) {
      const now = logSumExp(weights) - Math.log(copies);
      pixels[i] = now - total;
      total = now;
    } else if (way === 'listed') copies /= 2;
  }
  return { nats: total, pixels, effectiveSamples: way === 'sampled' ? effectiveSamples(weights) : null };
}

/** The same sum pixel by pixel by exact inference, one more pixel being known each time. */
export function* addedOneByOne(
  marginal: CpuMarginal,
  { image, known }: Evidence,
  order: Uint32Array,
): Paused<Float64Array> {
  const pixels = new Float64Array(order.length);
  const seen = blankImages(known.grid, 1);
  let total = 0;
  for (const i of order) {
    if (!getPixel(known, 0, i)) continue;
    setPixel(seen, 0, i, 1);
    const now = marginal.logMarginal(image, seen)[0];
    pixels[i] = now - total;
    total = now;
    yield null;
  }
  return pixels;
}

/** Every way to fill the unknown pixels, [2^unknown]. */
function listFillings(evidence: Evidence): PackedImages {
  const unknown = unknownPixels(evidence);
  const images = repeated(evidence.image, 2 ** unknown.length);
  for (let s = 0; s < images.count; s++)
    unknown.forEach((pixel, bit) => setPixel(images, s, pixel, ((s >>> bit) & 1) as 0 | 1));
  return images;
}

/** Forward samples of the unknown pixels, each seeing the known and drawn ones before it, [SAMPLES]. */
function* sampleFillings(cpu: CpuModel, given: Evidence): Paused<PackedImages> {
  const sampler = cpu.sampler({ seed: SEED, indices: indexRange(0, SAMPLES), temperature: 1, given });
  while (sampler.position < pixelCount(given.image.grid)) {
    sampler.advance(PIXELS);
    yield null;
  }
  return sampler.images;
}

/** Logits of all conditionals, [count, n]. */
function* readLogits(cpu: CpuModel, images: PackedImages): Paused<Float32Array> {
  const n = pixelCount(images.grid);
  const logits = new Float32Array(images.count * n);
  for (let first = 0; first < images.count; first += IMAGES) {
    const some = sliceImages(images, first, Math.min(IMAGES, images.count - first));
    logits.set(cpu.conditionalLogits(some), first * n);
    yield null;
  }
  return logits;
}

function repeated(image: PackedImages, count: number): PackedImages {
  const images = blankImages(image.grid, count);
  const stride = wordsPerImage(image.grid);
  for (let m = 0; m < count; m++) images.words.set(image.words.subarray(0, stride), m * stride);
  return images;
}
