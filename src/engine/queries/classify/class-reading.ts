/**
 * The posterior of the class given some pixels of an image, under a class-conditional model: p(y | known) is proportional to
 * p(y) p(known | y). Computed by the families' references, in the class models' own numbering of the pixels.
 */
import { blankHidden, type KnownPixels, permuteKnownPixels } from '../../../data/known-pixels.ts';
import { CLASSES, type PackedImages, pixelCount, sliceImages } from '../../../data/images.ts';
import { permutePixels, rasterOrder } from '../../../data/orders.ts';
import { ok, type Result } from '../../../data/result.ts';
import { forEachSlice } from '../../../data/slices.ts';
import { classModelsOf, logPrior } from '../../../models/shared/class-conditional.ts';
import { logSoftmax } from '../../../models/shared/math.ts';
import { folderSpec } from '../../../models/registry.ts';
import type { Model } from '../../../models/model.ts';
import type { ClassReading } from '../api.ts';
import { type KnownScore, marginalContributions, scoreKnown, SLICE_MS } from './class-evidence.ts';
import {
  type ClassModel,
  type ClassModels,
  describeStrategy,
  type Strategy,
  strategyOf,
} from './strategy.ts';
import { latentDrawnFirst, sumOverKnown } from '../known-pixels.ts';
import type { CpuModels } from '../loaded-models.ts';

interface Classes extends ClassModels {
  readonly prior: Float64Array<ArrayBuffer>;
  readonly order: Uint32Array | null;
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
  const strategy = strategyOf(classes, own.known, 'contributions');
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
    how: describeStrategy(strategy.value, classes, own, effectiveSamplesOf(scores, joint)),
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
  const strategy = strategyOf(classes, mask, 'sum');
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

/** Effective number of samples of the likeliest class. */
function effectiveSamplesOf(scores: readonly KnownScore[], joint: Float64Array): number {
  return scores[joint.indexOf(Math.max(...joint))].effectiveSamples ?? 0;
}
