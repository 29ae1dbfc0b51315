/**
 * The posterior of the class given some pixels of an image, under a class-conditional model: p(y | known) is proportional to
 * p(y) p(known | y). Computed by the families' references, in the class models' own numbering of the pixels.
 */
import { type Evidence, unknownPixels } from '../../../data/known-pixels.ts';
import {
  blankImages,
  CLASSES,
  getPixel,
  type PackedImages,
  pixelCount,
  sliceImages,
  wordsPerImage,
} from '../../../data/images.ts';
import { permutePixels, rasterOrder } from '../../../data/orders.ts';
import { fail, ok, type Result } from '../../../data/result.ts';
import { classModelsOf, logPrior } from '../../../models/shared/class-conditional.ts';
import { logBernoulli, logSoftmax } from '../../../models/shared/math.ts';
import { folderSpec } from '../../../models/registry.ts';
import type { Model } from '../../../models/types.ts';
import type { ClassReading } from '../api.ts';
import {
  type ClassModel,
  type KnownScore,
  marginalContributions,
  SAMPLES,
  scoreKnown,
  type Sliced,
  type Strategy,
} from './class-evidence.ts';
import type { CpuModels } from '../loaded-models.ts';

/** Images read between two yields. */
const CHUNK = 64;
/** Most unknown pixels whose completions are enumerated: 2^10 completions of a small image, SAMPLES of a large one. */
const MAX_ENUMERATED = { small: 10, large: Math.log2(SAMPLES) };
const SMALL_PIXELS = 64;

interface Classes {
  readonly models: readonly ClassModel[];
  readonly prior: Float64Array<ArrayBuffer>;
  readonly order: Uint32Array | null;
  /** The latent variable drawn before a sample's first pixel, if any: its pixels are then not drawn from the conditionals. */
  readonly latent: string | undefined;
}

/**
 * Reads one image. Where the contributions take longer than the posterior, a reading without them is yielded first. Fails
 * with a sentence where unknown pixels can neither be summed over nor sampled.
 */
export function* readClasses(
  cpuModels: CpuModels,
  model: Model,
  evidence: Evidence,
): Sliced<Result<ClassReading>, ClassReading> {
  const classes = classesOf(cpuModels, model);
  const own = { image: toModelOrder(evidence.image, classes), known: toModelOrder(evidence.known, classes) };
  const strategy = strategyOf(classes, own.known);
  if (!strategy.ok) return strategy;
  const n = pixelCount(model.grid);
  const joint = classes.prior.slice();
  const contributions = new Float32Array(CLASSES * n);
  const put = (y: number, ofClass: Float64Array) =>
    ofClass.forEach((nats, at) => (contributions[y * n + (classes.order?.[at] ?? at)] = nats));

  const scores: KnownScore[] = [];
  for (const [y, classModel] of classes.models.entries()) {
    const score = yield* scoreKnown(classModel, own, strategy.value);
    joint[y] += score.nats;
    if (score.contributions) put(y, score.contributions);
    scores.push(score);
    yield null;
  }
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

  yield reading(false);
  for (const [y, { cpu, order }] of classes.models.entries())
    put(y, yield* marginalContributions(cpu.marginal!, own, order ?? rasterOrder(model.grid)));
  return ok(reading(true));
}

/** log p(y, known pixels) in nats up to a constant an image, [count, CLASSES]. */
export interface Joint {
  readonly nats: Float64Array<ArrayBuffer>;
  /** See ClassReading. */
  readonly exact: boolean;
}

/** The joint of many images, `known` being one image. Fails as `readClasses` does. */
export function* jointOfAll(
  cpuModels: CpuModels,
  model: Model,
  images: PackedImages,
  known: PackedImages,
): Sliced<Result<Joint>> {
  const classes = classesOf(cpuModels, model);
  const mask = toModelOrder(known, classes);
  const strategy = strategyOf(classes, mask);
  if (!strategy.ok) return strategy;
  const joint = new Float64Array(images.count * CLASSES);
  for (let first = 0; first < images.count; first += CHUNK) {
    const slice = sliceImages(images, first, Math.min(CHUNK, images.count - first));
    const chunk = blankUnknown(toModelOrder(slice, classes), mask);
    for (const [y, classModel] of classes.models.entries()) {
      const nats = yield* scoreKnownOfAll(classModel, chunk, mask, strategy.value);
      nats.forEach((own, m) => (joint[(first + m) * CLASSES + y] = classes.prior[y] + own));
      yield null;
    }
  }
  return ok({ nats: joint, exact: strategy.value !== 'sampled' });
}

/** log p(known pixels | y) of some images, [count]. */
function* scoreKnownOfAll(
  classModel: ClassModel,
  images: PackedImages,
  known: PackedImages,
  strategy: Strategy,
): Sliced<Float64Array> {
  const { cpu } = classModel;
  if (strategy === 'whole') return cpu.logLikelihood(images);
  if (strategy === 'marginal') return cpu.marginal!.logMarginal(images, known);
  const all = new Float64Array(images.count);
  if (strategy === 'prefix') {
    const n = pixelCount(images.grid);
    const logits = cpu.conditionalLogits(images);
    for (let m = 0; m < images.count; m++)
      for (let i = 0; i < n; i++)
        if (getPixel(known, 0, i)) all[m] += logBernoulli(getPixel(images, m, i), logits[m * n + i]);
    return all;
  }
  for (let m = 0; m < images.count; m++)
    all[m] = (yield* scoreKnown(classModel, { image: sliceImages(images, m, 1), known }, strategy)).nats;
  return all;
}

function classesOf({ models: cpus, order }: CpuModels, model: Model): Classes {
  const { orders, latent } = folderSpec(model.family);
  const classModels = classModelsOf(model);
  return {
    models: cpus.map((cpu, y) => {
      const own = orders?.(classModels[y]) ?? [rasterOrder(model.grid)];
      return { cpu, order: own.length === 1 ? own[0] : null };
    }),
    prior: logPrior(model),
    order,
    latent,
  };
}

/** The best strategy with these pixels known; a sentence where there is none. */
function strategyOf({ models, latent }: Classes, known: PackedImages): Result<Strategy> {
  const n = pixelCount(known.grid);
  const unknown = unknownPixels({ image: known, known }).length;
  const chained = models.every(({ order }) => order !== null);
  if (unknown === 0 && !chained) return ok('whole');
  if (models.every(({ order }) => order !== null && knownFirst(order, known))) return ok('prefix');
  if (models.every(({ cpu }) => cpu.marginal !== undefined)) return ok('marginal');
  if (unknown <= (n <= SMALL_PIXELS ? MAX_ENUMERATED.small : MAX_ENUMERATED.large)) return ok('enumerated');
  if (!chained)
    return fail('An ensemble over several orders has no chain rule: it cannot classify with pixels hidden');
  if (latent !== undefined)
    return fail(
      `It draws ${latent} unseen, so its samples cannot be weighted: it cannot classify with pixels hidden`,
    );
  return ok('sampled');
}

function knownFirst(order: Uint32Array, known: PackedImages): boolean {
  const first = order.findIndex((pixel) => !getPixel(known, 0, pixel));
  return first < 0 || order.subarray(first).every((pixel) => !getPixel(known, 0, pixel));
}

function describe(strategy: Strategy, { models }: Classes, evidence: Evidence, effective: number): string {
  const unknown = unknownPixels(evidence).length;
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

function toModelOrder(images: PackedImages, { order }: Pick<Classes, 'order'>): PackedImages {
  return order ? permutePixels(images, order) : images;
}

/** The images with unknown pixels blank. */
function blankUnknown(images: PackedImages, known: PackedImages): PackedImages {
  const stride = wordsPerImage(images.grid);
  const blank = blankImages(images.grid, images.count);
  blank.words.set(images.words.map((word, at) => word & known.words[at % stride]));
  return blank;
}
