/** Methods that draw from p(unknown | known) exactly, the best first. */
import { MAX_ENUMERATED_PIXELS } from '../../../data/enumerate.ts';
import { type KnownPixels, unknownPixels } from '../../../data/known-pixels.ts';
import { type PackedImages, pixelCount, putImages, repeatImage } from '../../../data/images.ts';
import { indexRange } from '../../../data/rng.ts';
import { fail, ok, type Result } from '../../../data/result.ts';
import { isClassConditional } from '../../../models/registry.ts';
import type { CpuMarginal } from '../../../models/cpu-model.ts';
import type { CpuModels, LoadedModel } from '../loaded-models.ts';
import { marginalOf } from './marginal.ts';
import { drawByClass } from './class-first.ts';
import { drawForward } from './forward.ts';
import { chainsFromKnown, sumOverKnown } from '../known-pixels.ts';
import { drawEnumerated } from './enumeration.ts';
import type { DrawRequest, ExactSamples, Work } from './work.ts';

export interface ExactMethod {
  /** A sentence: why it is exact. */
  readonly why: string;
  draw(work: Work, wanted: DrawRequest): Promise<ExactSamples>;
}

/** The best exact method; a sentence where there is none. */
export function exactMethod(
  loaded: LoadedModel,
  cpuModels: () => CpuModels,
  knownPixels: KnownPixels,
): Result<ExactMethod> {
  const { model } = loaded;
  const unknown = unknownPixels(knownPixels).length;
  if (unknown === 0) return ok(allKnown(knownPixels));
  if (unknown === pixelCount(model.grid)) return ok(noneKnown(knownPixels));
  const marginal = marginalOf(cpuModels(), model);
  if (marginal) return ok(byMarginal(marginal, knownPixels));
  if (chainsFromKnown(model, knownPixels))
    return ok(isClassConditional(model) ? byClass(knownPixels) : byClamping(knownPixels));
  if (unknown <= MAX_ENUMERATED_PIXELS) return ok(byEnumeration(knownPixels, unknown));
  return fail(
    `Neither do all known pixels come before the unknown ones in its order, nor are those few enough to list every way: ` +
      `${unknown}, and ${MAX_ENUMERATED_PIXELS} at most.`,
  );
}

function allKnown(knownPixels: KnownPixels): ExactMethod {
  return {
    why: 'All pixels are known: nothing is left to draw.',
    draw: async (work, { count }) => {
      const [logMarginal] = await work.logLikelihood(knownPixels.image);
      return { images: repeatImage(knownPixels.image, count), logMarginal };
    },
  };
}

function noneKnown(knownPixels: KnownPixels): ExactMethod {
  return {
    why: 'No pixel is known: images are drawn as the model samples them.',
    draw: async (work, wanted) => ({ images: await forward(work, knownPixels, wanted), logMarginal: 0 }),
  };
}

function byMarginal(marginal: CpuMarginal, knownPixels: KnownPixels): ExactMethod {
  return {
    why: `Unknown pixels are summed over exactly: ${marginal.how}.`,
    async draw(work, { seed, count }) {
      const images = repeatImage(knownPixels.image, count);
      await work.inPieces(count, (first, some) => {
        const indices = indexRange(first, some);
        putImages(images, first, marginal.complete({ seed, indices, temperature: 1, given: knownPixels }));
        work.show(images, knownPixels, (first + some) / count);
        return Promise.resolve();
      });
      const [logMarginal] = marginal.logMarginal(knownPixels.image, knownPixels.known);
      return { images, logMarginal };
    },
  };
}

function byClamping(knownPixels: KnownPixels): ExactMethod {
  return {
    why: 'All known pixels come before the unknown ones in its order, so that sampling on from them is exact.',
    async draw(work, wanted) {
      const images = await forward(work, knownPixels, wanted);
      // The known pixels come first: the chain rule over them is log p(known).
      const logits = await work.evaluate((evaluator) => evaluator.conditionalLogits(knownPixels.image));
      const [logMarginal] = sumOverKnown(knownPixels.image, knownPixels.known, logits);
      return { images, logMarginal };
    },
  };
}

function byClass(knownPixels: KnownPixels): ExactMethod {
  return {
    why:
      'All known pixels come before the unknown ones in its order: the class is drawn from what they say about it, and ' +
      'its model samples on from them.',
    draw: (work, wanted) => drawByClass(work, knownPixels, wanted),
  };
}

function byEnumeration(knownPixels: KnownPixels, unknown: number): ExactMethod {
  return {
    why: `Every way to go on is scored and listed, 2^${unknown} of them.`,
    draw: (work, wanted) => drawEnumerated(work, knownPixels, wanted),
  };
}

async function forward(
  work: Work,
  knownPixels: KnownPixels,
  { seed, count }: DrawRequest,
): Promise<PackedImages> {
  return await drawForward(work, knownPixels, { seed, indices: indexRange(0, count) }, (part, done) =>
    work.show(part, knownPixels, done),
  );
}
