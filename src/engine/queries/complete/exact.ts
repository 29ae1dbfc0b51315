/** Methods that draw from p(unknown | known) exactly, the best first. */
import { MAX_ENUMERATED_PIXELS } from '../../../data/enumerate.ts';
import { type Evidence, unknownPixels } from '../../../data/known-pixels.ts';
import { type PackedImages, pixelCount, putImages, repeatImage } from '../../../data/images.ts';
import { indexRange } from '../../../data/rng.ts';
import { fail, ok, type Result } from '../../../data/result.ts';
import { isClassConditional } from '../../../models/registry.ts';
import type { CpuMarginal } from '../../../models/types.ts';
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
  evidence: Evidence,
): Result<ExactMethod> {
  const { model } = loaded;
  const unknown = unknownPixels(evidence).length;
  if (unknown === 0) return ok(allKnown(evidence));
  if (unknown === pixelCount(model.grid)) return ok(noneKnown(evidence));
  const marginal = marginalOf(cpuModels(), model);
  if (marginal) return ok(byMarginal(marginal, evidence));
  if (chainsFromKnown(model, evidence))
    return ok(isClassConditional(model) ? byClass(evidence) : byClamping(evidence));
  if (unknown <= MAX_ENUMERATED_PIXELS) return ok(byEnumeration(evidence, unknown));
  return fail(
    `Neither do all known pixels come before the unknown ones in its order, nor are those few enough to list every way: ` +
      `${unknown}, and ${MAX_ENUMERATED_PIXELS} at most.`,
  );
}

function allKnown(evidence: Evidence): ExactMethod {
  return {
    why: 'All pixels are known: nothing is left to draw.',
    draw: async (work, { count }) => {
      const [logMarginal] = await work.logLikelihood(evidence.image);
      return { images: repeatImage(evidence.image, count), logMarginal };
    },
  };
}

function noneKnown(evidence: Evidence): ExactMethod {
  return {
    why: 'No pixel is known: images are drawn as the model dreams them.',
    draw: async (work, wanted) => ({ images: await forward(work, evidence, wanted), logMarginal: 0 }),
  };
}

function byMarginal(marginal: CpuMarginal, evidence: Evidence): ExactMethod {
  return {
    why: `Unknown pixels are summed over exactly: ${marginal.how}.`,
    async draw(work, { seed, count }) {
      const images = repeatImage(evidence.image, count);
      await work.inPieces(count, (first, some) => {
        const indices = indexRange(first, some);
        putImages(images, first, marginal.complete({ seed, indices, temperature: 1, given: evidence }));
        work.show(images, evidence, (first + some) / count);
        return Promise.resolve();
      });
      const [logMarginal] = marginal.logMarginal(evidence.image, evidence.known);
      return { images, logMarginal };
    },
  };
}

function byClamping(evidence: Evidence): ExactMethod {
  return {
    why: 'All known pixels come before the unknown ones in its order, so that sampling on from them is exact.',
    async draw(work, wanted) {
      const images = await forward(work, evidence, wanted);
      // The known pixels come first: the chain rule over them is log p(known).
      const logits = await work.evaluate((evaluator) => evaluator.conditionalLogits(evidence.image));
      const [logMarginal] = sumOverKnown(evidence.image, evidence.known, logits);
      return { images, logMarginal };
    },
  };
}

function byClass(evidence: Evidence): ExactMethod {
  return {
    why:
      'All known pixels come before the unknown ones in its order: the class is drawn from what they say about it, and ' +
      'its model samples on from them.',
    draw: (work, wanted) => drawByClass(work, evidence, wanted),
  };
}

function byEnumeration(evidence: Evidence, unknown: number): ExactMethod {
  return {
    why: `Every way to go on is scored and listed, 2^${unknown} of them.`,
    draw: (work, wanted) => drawEnumerated(work, evidence, wanted),
  };
}

async function forward(work: Work, evidence: Evidence, { seed, count }: DrawRequest): Promise<PackedImages> {
  return await drawForward(work, evidence, { seed, indices: indexRange(0, count) }, (part, done) =>
    work.show(part, evidence, done),
  );
}
