/**
 * What some pixels of an image say about its class under a model of every class: p(y | known) is proportional to p(y)
 * p(known | y). The references do it, in the members' own numbering of the pixels.
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
import { logPrior, membersOf } from '../../../models/shared/class-conditional.ts';
import { logBernoulli, logSoftmax } from '../../../models/shared/math.ts';
import { memberSpec } from '../../../models/registry.ts';
import type { Model } from '../../../models/types.ts';
import type { ClassReading } from '../api.ts';
import {
  type Added,
  addedBy,
  addedOneByOne,
  type Member,
  type Paused,
  SAMPLES,
  type Way,
} from './class-evidence.ts';
import type { CpuModels } from '../loaded-models.ts';

/** Images read together between two pauses. */
const CHUNK = 64;
/** Unknown pixels of which all fillings are listed at most: 2^10 of a small image, no more than samples of a large one. */
const MAX_LISTED = { small: 10, large: Math.log2(SAMPLES) };
const SMALL_PIXELS = 64;

interface Classes {
  readonly members: readonly Member[];
  readonly prior: Float64Array<ArrayBuffer>;
  readonly order: Uint32Array | null;
  /** What a sample draws unseen before its first pixel, if anything: its conditionals are then not what it was drawn from. */
  readonly latent: string | undefined;
}

/**
 * Reads one image. Where it takes longer to find what every pixel adds, a reading without contributions is shown before.
 * Fails with a sentence where unknown pixels can neither be summed over nor sampled.
 */
export function* readClasses(
  cpuModels: CpuModels,
  model: Model,
  evidence: Evidence,
): Paused<Result<ClassReading>, ClassReading> {
  const classes = classesOf(cpuModels, model);
  const own = { image: inwards(evidence.image, classes), known: inwards(evidence.known, classes) };
  const way = wayOf(classes, own.known);
  if (!way.ok) return way;
  const n = pixelCount(model.grid);
  const joint = classes.prior.slice();
  const contributions = new Float32Array(CLASSES * n);
  const put = (y: number, pixels: Float64Array) =>
    pixels.forEach((nats, at) => (contributions[y * n + (classes.order?.[at] ?? at)] = nats));

  const all: Added[] = [];
  for (const [y, member] of classes.members.entries()) {
    const added = yield* addedBy(member, own, way.value);
    joint[y] += added.nats;
    if (added.pixels) put(y, added.pixels);
    all.push(added);
    yield null;
  }
  const reading = (split: boolean): ClassReading => ({
    posterior: logSoftmax(joint).map((nats) => Math.exp(nats)),
    contributions: contributions.slice(),
    split,
    prior: classes.prior,
    exact: way.value !== 'sampled',
    how: describe(way.value, classes, own, worthOf(all, joint)),
  });
  if (way.value !== 'marginal') return ok(reading(all.every(({ pixels }) => pixels !== null)));

  yield reading(false);
  for (const [y, { cpu, order }] of classes.members.entries())
    put(y, yield* addedOneByOne(cpu.marginal!, own, order ?? rasterOrder(model.grid)));
  return ok(reading(true));
}

/** log p(y, known pixels) in nats up to a constant an image, [count, CLASSES]. */
export interface Joint {
  readonly nats: Float64Array<ArrayBuffer>;
  /** See ClassReading. */
  readonly exact: boolean;
}

/** The same of many images, `known` being one image. Fails as `readClasses` does. */
export function* jointOfAll(
  cpuModels: CpuModels,
  model: Model,
  images: PackedImages,
  known: PackedImages,
): Paused<Result<Joint>> {
  const classes = classesOf(cpuModels, model);
  const mask = inwards(known, classes);
  const way = wayOf(classes, mask);
  if (!way.ok) return way;
  const joint = new Float64Array(images.count * CLASSES);
  for (let first = 0; first < images.count; first += CHUNK) {
    const some = sliceImages(images, first, Math.min(CHUNK, images.count - first));
    const chunk = masked(inwards(some, classes), mask);
    for (const [y, member] of classes.members.entries()) {
      const nats = yield* addedTogether(member, chunk, mask, way.value);
      nats.forEach((own, m) => (joint[(first + m) * CLASSES + y] = classes.prior[y] + own));
      yield null;
    }
  }
  return ok({ nats: joint, exact: way.value !== 'sampled' });
}

/** log p(known pixels | y) of some images, [count]. */
function* addedTogether(
  member: Member,
  images: PackedImages,
  known: PackedImages,
  way: Way,
): Paused<Float64Array> {
  const { cpu } = member;
  if (way === 'whole') return cpu.logLikelihood(images);
  if (way === 'marginal') return cpu.marginal!.logMarginal(images, known);
  const all = new Float64Array(images.count);
  if (way === 'prefix') {
    const n = pixelCount(images.grid);
    const logits = cpu.conditionalLogits(images);
    for (let m = 0; m < images.count; m++)
      for (let i = 0; i < n; i++)
        if (getPixel(known, 0, i)) all[m] += logBernoulli(getPixel(images, m, i), logits[m * n + i]);
    return all;
  }
  for (let m = 0; m < images.count; m++)
    all[m] = (yield* addedBy(member, { image: sliceImages(images, m, 1), known }, way)).nats;
  return all;
}

function classesOf({ models: cpus, order }: CpuModels, model: Model): Classes {
  const { orders, latent } = memberSpec(model.family);
  const models = membersOf(model);
  return {
    members: cpus.map((cpu, y) => {
      const own = orders?.(models[y]) ?? [rasterOrder(model.grid)];
      return { cpu, order: own.length === 1 ? own[0] : null };
    }),
    prior: logPrior(model),
    order,
    latent,
  };
}

/** The best way that there is with these pixels known; a sentence where there is none. */
function wayOf({ members, latent }: Classes, known: PackedImages): Result<Way> {
  const n = pixelCount(known.grid);
  const unknown = unknownPixels({ image: known, known }).length;
  const chained = members.every(({ order }) => order !== null);
  if (unknown === 0 && !chained) return ok('whole');
  if (members.every(({ order }) => order !== null && knownFirst(order, known))) return ok('prefix');
  if (members.every(({ cpu }) => cpu.marginal !== undefined)) return ok('marginal');
  if (unknown <= (n <= SMALL_PIXELS ? MAX_LISTED.small : MAX_LISTED.large)) return ok('listed');
  if (!chained)
    return fail(
      'An ensemble over several orders has no chain rule to go along: it cannot be asked with pixels hidden',
    );
  if (latent !== undefined)
    return fail(
      `It draws ${latent} unseen, so its samples cannot be weighed: it cannot be asked with pixels hidden`,
    );
  return ok('sampled');
}

function knownFirst(order: Uint32Array, known: PackedImages): boolean {
  const first = order.findIndex((pixel) => !getPixel(known, 0, pixel));
  return first < 0 || order.subarray(first).every((pixel) => !getPixel(known, 0, pixel));
}

function describe(way: Way, { members }: Classes, evidence: Evidence, worth: number): string {
  const unknown = unknownPixels(evidence).length;
  if (unknown === 0)
    return way === 'whole'
      ? 'Every pixel is seen. The model averages over several orders, so its score is no sum over pixels.'
      : 'Every pixel is seen.';
  switch (way) {
    case 'marginal':
      return `Hidden pixels are summed over exactly: ${members[0].cpu.marginal!.how}.`;
    case 'listed':
      return `Hidden pixels are summed over exactly: all 2^${unknown} ways to fill them are added up.`;
    case 'sampled':
      return `Hidden pixels are filled ${SAMPLES} times for every class by the class's own model, each time weighed by how well the rest then fits. The likeliest class's samples are worth ${worth.toFixed(1)} of equal weight.`;
    default:
      return 'Hidden pixels come last in its order: the chain rule simply ends before them, which sums over them exactly.';
  }
}

/** What the samples of the likeliest class are worth. */
function worthOf(all: readonly Added[], joint: Float64Array): number {
  return all[joint.indexOf(Math.max(...joint))].effectiveSamples ?? 0;
}

function inwards(images: PackedImages, { order }: Pick<Classes, 'order'>): PackedImages {
  return order ? permutePixels(images, order) : images;
}

/** The images with unknown pixels blank. */
function masked(images: PackedImages, known: PackedImages): PackedImages {
  const stride = wordsPerImage(images.grid);
  const blank = blankImages(images.grid, images.count);
  blank.words.set(images.words.map((word, at) => word & known.words[at % stride]));
  return blank;
}
