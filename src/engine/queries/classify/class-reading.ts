/**
 * The posterior of the class given some pixels of an image, under a class-conditional model: p(y | known) is proportional to
 * p(y) p(known | y). Computed by the families' references, in the class models' own numbering of the pixels.
 */
import {
  blankHidden,
  type KnownPixels,
  knownComeFirst,
  permuteKnownPixels,
  unknownPixels,
} from '../../../data/known-pixels.ts';
import { CLASSES, type PackedImages, pixelCount, sliceImages } from '../../../data/images.ts';
import { permutePixels, rasterOrder } from '../../../data/orders.ts';
import { fail, ok, type Result } from '../../../data/result.ts';
import { forEachSlice } from '../../../data/slices.ts';
import { classModelsOf, logPrior } from '../../../models/shared/class-conditional.ts';
import { logSoftmax } from '../../../models/shared/math.ts';
import { folderSpec } from '../../../models/registry.ts';
import type { Model } from '../../../models/model.ts';
import type { ClassReading } from '../api.ts';
import {
  type ClassModel,
  type KnownScore,
  marginalContributions,
  SAMPLES,
  scoreKnown,
  SLICE_MS,
  type Strategy,
} from './class-evidence.ts';
import { latentDrawnFirst, sumOverKnown } from '../known-pixels.ts';
import type { CpuModels } from '../loaded-models.ts';

/** Most unknown pixels whose completions are enumerated: 2^10 completions of a small image, SAMPLES of a large one. */
const MAX_ENUMERATED = { small: 10, large: Math.log2(SAMPLES) };
const SMALL_PIXELS = 64;

interface Classes {
  readonly models: readonly ClassModel[];
  readonly prior: Float64Array<ArrayBuffer>;
  readonly order: Uint32Array | null;
  /** See `latentDrawnFirst`. */
  readonly latent: string | null;
}

/**
 * Reads one image. Where the contributions take longer than the posterior, `onPart` is given a reading without them. Fails
 * with a sentence where unknown pixels can neither be summed over nor sampled.
 */
export async function readClasses(
  cpuModels: CpuModels,
  model: Model,
  knownPixels: KnownPixels,
  onPart: (reading: ClassReading) => void,
  signal?: AbortSignal,
): Promise<Result<ClassReading>> {
  const classes = classesOf(cpuModels, model);
  const own = classes.order ? permuteKnownPixels(knownPixels, classes.order) : knownPixels;
  const strategy = strategyOf(classes, own.known);
  if (!strategy.ok) return strategy;
  const n = pixelCount(model.grid);
  const joint = classes.prior.slice();
  const contributions = new Float32Array(CLASSES * n);
  const put = (y: number, ofClass: Float64Array) =>
    ofClass.forEach((nats, at) => (contributions[y * n + (classes.order?.[at] ?? at)] = nats));

  const scores: KnownScore[] = [];
  await forEachClass(signal, async (y) => {
    const score = await scoreKnown(classes.models[y], own, strategy.value, signal);
    joint[y] += score.nats;
    if (score.contributions) put(y, score.contributions);
    scores.push(score);
  });
  const reading = (split: boolean): ClassReading => ({
    posterior: logSoftmax(joint).map((nats) => Math.exp(nats)),
    contributions: contributions.slice(),
    split,
    prior: classes.prior,
    exact: strategy.value !== 'sampled',
    how: describe(strategy.value, classes, own, effectiveSamplesOf(scores, joint)),
  });
  if (strategy.value !== 'marginal')
    return ok(reading(scores.every((score) => score.contributions !== null)));

  onPart(reading(false));
  await forEachClass(signal, async (y) => {
    const { cpu, order } = classes.models[y];
    put(y, await marginalContributions(cpu.marginal!, own, order ?? rasterOrder(model.grid), signal));
  });
  return ok(reading(true));
}

async function forEachClass(signal: AbortSignal | undefined, work: (y: number) => Promise<void>) {
  await forEachSlice(CLASSES, { size: 1, signal, work });
}

/** log p(y, known pixels) in nats up to a constant an image, [count, CLASSES]. */
export interface Joint {
  readonly nats: Float64Array<ArrayBuffer>;
  /** See ClassReading. */
  readonly exact: boolean;
}

/** The joint of many images, `known` being one image. Fails as `readClasses` does. */
export async function jointOfAll(
  cpuModels: CpuModels,
  model: Model,
  images: PackedImages,
  known: PackedImages,
  signal?: AbortSignal,
): Promise<Result<Joint>> {
  const classes = classesOf(cpuModels, model);
  const toModelOrder = (each: PackedImages) => (classes.order ? permutePixels(each, classes.order) : each);
  const mask = toModelOrder(known);
  const strategy = strategyOf(classes, mask);
  if (!strategy.ok) return strategy;
  const joint = new Float64Array(images.count * CLASSES);
  await forEachSlice(images.count, {
    targetMs: SLICE_MS,
    signal,
    work: async (first, count) => {
      const slice = blankHidden(toModelOrder(sliceImages(images, first, count)), mask);
      for (const [y, classModel] of classes.models.entries()) {
        const nats = await scoreKnownOfAll(classModel, slice, mask, strategy.value, signal);
        nats.forEach((own, m) => (joint[(first + m) * CLASSES + y] = classes.prior[y] + own));
      }
    },
  });
  return ok({ nats: joint, exact: strategy.value !== 'sampled' });
}

/** log p(known pixels | y) of some images, [count]. */
async function scoreKnownOfAll(
  classModel: ClassModel,
  images: PackedImages,
  known: PackedImages,
  strategy: Strategy,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { cpu } = classModel;
  if (strategy === 'whole') return cpu.logLikelihood(images);
  if (strategy === 'marginal') return cpu.marginal!.logMarginal(images, known);
  if (strategy === 'prefix') return sumOverKnown(images, known, cpu.conditionalLogits(images));
  const all = new Float64Array(images.count);
  for (let m = 0; m < images.count; m++) {
    const knownPixels = { image: sliceImages(images, m, 1), known };
    all[m] = (await scoreKnown(classModel, knownPixels, strategy, signal)).nats;
  }
  return all;
}

function classesOf({ models: cpus, order }: CpuModels, model: Model): Classes {
  const { orders } = folderSpec(model.family);
  const classModels = classModelsOf(model);
  return {
    models: cpus.map((cpu, y) => {
      const own = orders?.(classModels[y]) ?? [rasterOrder(model.grid)];
      return { cpu, order: own.length === 1 ? own[0] : null };
    }),
    prior: logPrior(model),
    order,
    latent: latentDrawnFirst(model),
  };
}

/** The best strategy with these pixels known; a sentence where there is none. */
function strategyOf({ models, latent }: Classes, known: PackedImages): Result<Strategy> {
  const n = pixelCount(known.grid);
  const unknown = unknownPixels({ known }).length;
  const chained = models.every(({ order }) => order !== null);
  if (unknown === 0 && !chained) return ok('whole');
  if (models.every(({ order }) => order !== null && knownComeFirst(order, { known }))) return ok('prefix');
  if (models.every(({ cpu }) => cpu.marginal !== undefined)) return ok('marginal');
  if (unknown <= (n <= SMALL_PIXELS ? MAX_ENUMERATED.small : MAX_ENUMERATED.large)) return ok('enumerated');
  if (!chained)
    return fail('An ensemble over several orders has no chain rule: it cannot classify with pixels hidden');
  if (latent !== null)
    return fail(
      `It draws ${latent} unseen, so its samples cannot be weighted: it cannot classify with pixels hidden`,
    );
  return ok('sampled');
}

function describe(
  strategy: Strategy,
  { models }: Classes,
  knownPixels: KnownPixels,
  effective: number,
): string {
  const unknown = unknownPixels(knownPixels).length;
  if (unknown === 0)
    return strategy === 'whole'
      ? 'Every pixel is seen. The model averages over several orders, so its score is no sum over pixels.'
      : 'Every pixel is seen.';
  switch (strategy) {
    case 'marginal':
      return `Hidden pixels are summed over exactly: ${models[0].cpu.marginal!.how}.`;
    case 'enumerated':
      return `Hidden pixels are summed over exactly: all 2^${unknown} ways to fill them are added up.`;
    case 'sampled':
      return `Hidden pixels are filled ${SAMPLES} times for every class by the class's own model, each weighted by how well the known pixels then fit. The samples of the likeliest class are worth ${effective.toFixed(1)} of equal weight.`;
    default:
      return 'Hidden pixels come last in its order: the chain rule ends before them, which sums over them exactly.';
  }
}

/** Effective number of samples of the likeliest class. */
function effectiveSamplesOf(scores: readonly KnownScore[], joint: Float64Array): number {
  return scores[joint.indexOf(Math.max(...joint))].effectiveSamples ?? 0;
}
