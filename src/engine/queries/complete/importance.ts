/**
 * Sampling importance resampling (Rubin 1988): forward samples q(unknown) = prod over unknown i of p(x_i | x_<i) are weighted by
 * w = p(known, unknown) / q(unknown) = prod over known i of p(x_i | x_<i), and resampled in proportion
 * (systematic resampling: Kitagawa 1996). The mean weight estimates p(known) without bias; (sum w)^2 / sum w^2 is the effective
 * sample size (Kong, Liu and Wong 1994).
 */
import { Categorical, fineUniform } from '../../../data/categorical.ts';
import type { KnownPixels } from '../../../data/known-pixels.ts';
import { blankImages, type PackedImages, putImages, sliceImages, takeImages } from '../../../data/images.ts';
import { indexRange, Stream, streamKey } from '../../../data/rng.ts';
import { effectiveSamples, logSumExp } from '../../../models/shared/math.ts';
import { forwardLogWeights } from './forward-weights.ts';
import { type ForwardRequest, drawForward } from './forward.ts';
import type { Work } from './work.ts';

/** Proposals drawn between two frames. */
const BATCH = 256;

interface ImportanceRequest {
  readonly seed: number;
  readonly count: number;
  /** Forward samples per image. */
  readonly proposals: number;
}

export interface Resampled {
  readonly images: PackedImages;
  readonly effectiveSamples: number;
  /** Estimate of log p(known) in nats. */
  readonly logMarginal: number;
}

/** Throws where the model's samples cannot be weighted: see `latentDrawnFirst`. */
export async function drawImportance(
  work: Work,
  knownPixels: KnownPixels,
  { seed, count, proposals }: ImportanceRequest,
): Promise<Resampled> {
  const total = count * proposals;
  const all = blankImages(knownPixels.image.grid, total);
  const logWeights = new Float64Array(total);
  for (let first = 0; first < total; first += BATCH) {
    const some = Math.min(BATCH, total - first);
    const indices = indexRange(first, some);
    const drawn = await drawForward(work, knownPixels, { seed, indices }, () => undefined);
    const own = await weigh(work, knownPixels, drawn, { seed, indices });
    putImages(all, first, drawn);
    logWeights.set(own, first);
    if (!work.frameDue()) continue;
    const known = logWeights.subarray(0, first + some);
    work.show(resample(all, known, seed, count), knownPixels, (first + some) / total);
  }
  const sum = logSumExp(logWeights);
  return {
    images: resample(all, logWeights, seed, count),
    effectiveSamples: effectiveSamples(logWeights),
    logMarginal: sum - Math.log(total),
  };
}

/** log w of forward samples, [count]. */
async function weigh(
  work: Work,
  knownPixels: KnownPixels,
  drawn: PackedImages,
  { seed, indices }: ForwardRequest,
): Promise<Float64Array> {
  const all = new Float64Array(drawn.count);
  await work.inPieces(drawn.count, async (at, some) => {
    const own = indices.slice(at, at + some);
    const request = { seed, indices: own, temperature: 1, given: knownPixels };
    const images = sliceImages(drawn, at, some);
    const weights = await work.evaluate((evaluator) =>
      forwardLogWeights(evaluator, work.loaded.model, images, knownPixels, request),
    );
    if (!weights) throw new Error('model: its forward samples cannot be weighed');
    all.set(weights, at);
  });
  return all;
}

/** Systematic resampling: `count` images at equal distances along the cumulative weights, from one random start. */
function resample(images: PackedImages, logWeights: Float64Array, seed: number, count: number): PackedImages {
  const table = new Categorical(logWeights);
  const start = fineUniform(seed, streamKey(Stream.resample), 0);
  return takeImages(
    images,
    Uint32Array.from({ length: count }, (_, m) => table.at((m + start) / count)),
  );
}
