/**
 * What the known pixels of one image add to the score of one class, log p(known | y): every one of them
 *
 *   log p(x_i | y, the known pixels before i),
 *
 * the unknown pixels before i being summed over.
 */
import type { KnownPixels } from '../../../data/known-pixels.ts';
import { AllCompletions } from '../../../data/all-completions.ts';
import {
  blankImages,
  getPixel,
  type PackedImages,
  pixelCount,
  setPixel,
  sliceImages,
} from '../../../data/images.ts';
import { indexRange } from '../../../data/rng.ts';
import { forEachSlice } from '../../../data/slices.ts';
import { effectiveSamples, logBernoulli, logSumExp } from '../../../models/shared/math.ts';
import type { CpuMarginal, CpuModel, FamilyMarginal } from '../../../models/cpu-model.ts';
import { type ClassModel, SAMPLES, type Strategy } from './strategy.ts';

export interface KnownScore {
  /** log p(known | y). */
  readonly nats: number;
  /** Contribution of each pixel, [n], 0 at unknown ones; null where the strategy gives only the sum. */
  readonly contributions: Float64Array | null;
  /** (sum w)^2 / sum w^2 of the weights of the samples; null where none were drawn. */
  readonly effectiveSamples: number | null;
}

const SEED = 0;
/** Intended time of a slice of pixels or images. */
export const SLICE_MS = 8;

/** log p(known | y). `knownPixels` are of one image, in the class model's own numbering of the pixels. */
export async function scoreKnown(
  classModel: ClassModel,
  knownPixels: KnownPixels,
  strategy: Strategy,
  signal?: AbortSignal,
): Promise<KnownScore> {
  const { cpu, order } = classModel;
  const { image, known } = knownPixels;
  if (strategy === 'whole')
    return { nats: cpu.logLikelihood(image)[0], contributions: null, effectiveSamples: null };
  if (strategy === 'marginal')
    return { nats: cpu.marginal!.logMarginal(image, known)[0], contributions: null, effectiveSamples: null };
  const completions = strategy === 'enumerated' ? allCompletions(knownPixels) : image;
  if (order === null) {
    const nats = logSumExp(cpu.logLikelihood(completions));
    return { nats, contributions: null, effectiveSamples: null };
  }
  const images = strategy === 'sampled' ? await sampleCompletions(cpu, knownPixels, signal) : completions;
  const logits = await readLogits(cpu, images, signal);
  return sumAlongOrder(order, images, known, logits, strategy);
}

/**
 * Sums along the order. The weight of a completion after place t is the probability of its known pixels so far, and of its
 * unknown ones too where all completions are enumerated. The sum of all weights is then p(the known pixels so far) times the
 * number of completions that differ only in later pixels. The mean weight of sampled completions estimates the same without
 * bias.
 */
function sumAlongOrder(
  order: Uint32Array,
  images: PackedImages,
  known: PackedImages,
  logits: Float32Array,
  strategy: Strategy,
): KnownScore {
  const n = order.length;
  const contributions = new Float64Array(n);
  const weights = new Float64Array(images.count);
  let copies = images.count;
  let total = 0;
  for (const i of order) {
    const isKnown = getPixel(known, 0, i) === 1;
    if (isKnown || strategy === 'enumerated')
      weights.forEach((sum, s) => {
        weights[s] = sum + logBernoulli(getPixel(images, s, i), logits[s * n + i]);
      });
    if (isKnown) {
      const now = logSumExp(weights) - Math.log(copies);
      contributions[i] = now - total;
      total = now;
    } else if (strategy === 'enumerated') copies /= 2;
  }
  return {
    nats: total,
    contributions,
    effectiveSamples: strategy === 'sampled' ? effectiveSamples(weights) : null,
  };
}

/** Contributions of the known pixels, [n]: as the family has them, else differences of marginals with one more pixel known each time. */
export async function marginalContributions(
  marginal: FamilyMarginal,
  knownPixels: KnownPixels,
  order: Uint32Array,
  signal?: AbortSignal,
): Promise<Float64Array> {
  if (marginal.contributions) return marginal.contributions(knownPixels, order);
  return await differences(marginal, knownPixels, order, signal);
}

async function differences(
  marginal: CpuMarginal,
  { image, known }: KnownPixels,
  order: Uint32Array,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const contributions = new Float64Array(order.length);
  const seen = blankImages(known.grid, 1);
  let total = 0;
  await forEachSlice(order.length, {
    targetMs: SLICE_MS,
    signal,
    work: (first, count) => {
      for (const i of order.subarray(first, first + count)) {
        if (!getPixel(known, 0, i)) continue;
        setPixel(seen, 0, i, 1);
        const now = marginal.logMarginal(image, seen)[0];
        contributions[i] = now - total;
        total = now;
      }
    },
  });
  return contributions;
}

function allCompletions(knownPixels: KnownPixels): PackedImages {
  const completions = new AllCompletions(knownPixels);
  return completions.images(indexRange(0, completions.count));
}

/** Forward samples of the unknown pixels, each given the known and drawn ones before it, [SAMPLES]. */
async function sampleCompletions(
  cpu: CpuModel,
  given: KnownPixels,
  signal?: AbortSignal,
): Promise<PackedImages> {
  const sampler = cpu.sampler({ seed: SEED, indices: indexRange(0, SAMPLES), temperature: 1, given });
  const work = (_: number, pixels: number) => sampler.advance(pixels);
  await forEachSlice(pixelCount(given.image.grid), { targetMs: SLICE_MS, signal, work });
  return sampler.images;
}

/** Logits of all conditionals, [count, n]. */
async function readLogits(cpu: CpuModel, images: PackedImages, signal?: AbortSignal): Promise<Float32Array> {
  const n = pixelCount(images.grid);
  const logits = new Float32Array(images.count * n);
  const work = (first: number, count: number) =>
    logits.set(cpu.conditionalLogits(sliceImages(images, first, count)), first * n);
  await forEachSlice(images.count, { targetMs: SLICE_MS, signal, work });
  return logits;
}
