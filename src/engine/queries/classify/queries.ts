import { type Evidence, unknownPixels } from '../../../data/known-pixels.ts';
import {
  blankImages,
  CLASSES,
  getPixel,
  type PackedImages,
  pixelCount,
  setPixel,
  wordsPerImage,
} from '../../../data/images.ts';
import { fail, ok, type Result } from '../../../data/result.ts';
import { logSoftmax } from '../../../models/shared/math.ts';
import { isClassConditional, needsLabels } from '../../../models/registry.ts';
import { type ClassifyApi, type ClassPosteriors, type ClassReading, SUPERSEDED } from '../api.ts';
import type { Paused } from './class-evidence.ts';
import { type Joint, jointOfAll, readClasses } from './class-reading.ts';
import type { LoadedModel, LoadedModels } from '../loaded-models.ts';
import { inTurns } from '../../backends/score.ts';
import { Single } from '../single.ts';

/** Work goes on for this long before other work of the thread gets its turn. */
const TURN_MS = 8;
/** How far the logits of an image may be from the sum of its pixels' votes, in nats: rounding of f32. */
const ROUNDING = 1e-3;
const PAPER = 'It has no p(x) and cannot sum over hidden pixels: it takes them for paper.';

/** A classifier's bias, [CLASSES], and what every pixel of ink adds to every class, [CLASSES, n]. */
interface Votes {
  readonly bias: Float64Array<ArrayBuffer>;
  readonly weights: Float64Array;
}

export class ClassifyQueries implements ClassifyApi {
  readonly #asked = new Single();
  readonly #batch = new Single();
  readonly #votes = new WeakMap<LoadedModel, Votes>();

  constructor(readonly models: LoadedModels) {}

  async ask(
    name: string,
    evidence: Evidence,
    onPart: (reading: ClassReading) => void,
  ): Promise<Result<ClassReading>> {
    const wanted = this.#asked.begin();
    const found = this.#knowing(name, evidence.image);
    if (!found.ok) return found;
    const { model } = found.value;
    if (!isClassConditional(model)) return await this.#askClassifier(name, found.value, evidence, wanted);
    const cpuModels = this.models.cpuModels(found.value);
    return await this.#unlessUnwanted(readClasses(cpuModels, model, evidence), wanted, onPart);
  }

  async posteriors(
    name: string,
    images: PackedImages,
    known: PackedImages,
  ): Promise<Result<ClassPosteriors>> {
    const wanted = this.#batch.begin();
    const found = this.#knowing(name, images);
    if (!found.ok) return found;
    const { model } = found.value;
    const joint = isClassConditional(model)
      ? await this.#unlessUnwanted(
          jointOfAll(this.models.cpuModels(found.value), model, images, known),
          wanted,
        )
      : await this.#jointOnPaper(name, images, known, wanted);
    if (!joint.ok) return joint;
    const { nats, exact } = joint.value;
    const logPosteriors = new Float64Array(nats.length);
    for (let at = 0; at < nats.length; at += CLASSES)
      logPosteriors.set(logSoftmax(nats.subarray(at, at + CLASSES)), at);
    return ok({ logPosteriors, exact });
  }

  cancel(): Promise<void> {
    this.#asked.cancel();
    this.#batch.cancel();
    return Promise.resolve();
  }

  #knowing(name: string, images: PackedImages): Result<LoadedModel> {
    const found = this.models.findFor(name, images);
    return found.ok && !needsLabels(found.value.model) ? fail(`model: "${name}" knows no classes`) : found;
  }

  /** A classifier's reading: the votes of the pixels that are ink, where its logits are their sum. */
  async #askClassifier(
    name: string,
    loaded: LoadedModel,
    evidence: Evidence,
    wanted: () => boolean,
  ): Promise<Result<ClassReading>> {
    const { image } = evidence;
    const logits = await this.#classLogits(name, image, wanted);
    if (!logits.ok) return logits;
    const votes = await this.#votesOf(name, loaded, image, wanted);
    if (!votes.ok) return votes;
    const { bias, weights } = votes.value;
    const n = pixelCount(image.grid);
    const contributions = Float32Array.from(weights, (weight, at) => weight * getPixel(image, 0, at % n));
    const sums = bias.map((own, y) =>
      contributions.subarray(y * n, (y + 1) * n).reduce((sum, vote) => sum + vote, own),
    );
    const split = sums.every(
      (sum, y) => Math.abs(sum - logits.value[y]) < ROUNDING * Math.max(1, Math.abs(sum)),
    );
    const hidden = unknownPixels(evidence).length > 0;
    return ok({
      posterior: logSoftmax(logits.value).map((nats) => Math.exp(nats)),
      contributions: split ? contributions : new Float32Array(contributions.length),
      split,
      prior: bias,
      exact: !hidden,
      how: hidden ? PAPER : 'Every pixel is seen.',
    });
  }

  /** Found by inking every pixel of a blank image by itself, once for every model. */
  async #votesOf(
    name: string,
    loaded: LoadedModel,
    { grid }: PackedImages,
    wanted: () => boolean,
  ): Promise<Result<Votes>> {
    const known = this.#votes.get(loaded);
    if (known) return ok(known);
    const n = pixelCount(grid);
    const single = blankImages(grid, n + 1);
    for (let pixel = 0; pixel < n; pixel++) setPixel(single, pixel, pixel, 1);
    const logits = await this.#classLogits(name, single, wanted);
    if (!logits.ok) return logits;
    const bias = logits.value.slice(n * CLASSES);
    const weights = new Float64Array(CLASSES * n);
    for (let pixel = 0; pixel < n; pixel++)
      for (let y = 0; y < CLASSES; y++) weights[y * n + pixel] = logits.value[pixel * CLASSES + y] - bias[y];
    const votes = { bias, weights };
    this.#votes.set(loaded, votes);
    return ok(votes);
  }

  async #jointOnPaper(
    name: string,
    images: PackedImages,
    known: PackedImages,
    wanted: () => boolean,
  ): Promise<Result<Joint>> {
    const logits = await this.#classLogits(name, onPaper(images, known), wanted);
    const hidden = unknownPixels({ image: known, known }).length;
    return logits.ok ? ok({ nats: logits.value, exact: hidden === 0 }) : logits;
  }

  async #classLogits(
    name: string,
    images: PackedImages,
    wanted: () => boolean,
  ): Promise<Result<Float64Array<ArrayBuffer>>> {
    const read = await this.models.with(name, images, async ({ classLogits }) => {
      if (!classLogits) throw new Error('model: gives no class logits');
      const all = new Float64Array(images.count * CLASSES);
      await inTurns(images, this.models.yieldToEventLoop, async (chunk, first) => {
        if (wanted()) all.set(await classLogits(chunk), first * CLASSES);
      });
      return all;
    });
    return wanted() ? read : fail(SUPERSEDED);
  }

  /** Lets the work go on as long as it is wanted, other work of the thread coming in between. */
  async #unlessUnwanted<T, Part>(
    work: Paused<Result<T>, Part>,
    wanted: () => boolean,
    onPart?: (part: Part) => void,
  ): Promise<Result<T>> {
    let begun = performance.now();
    for (;;) {
      const step = work.next();
      if (step.done) return step.value;
      if (step.value !== null) onPart?.(step.value);
      if (step.value === null && performance.now() - begun < TURN_MS) continue;
      await this.models.yieldToEventLoop();
      if (!wanted()) return fail(SUPERSEDED);
      begun = performance.now();
    }
  }
}

/** The images with hidden pixels blank. */
function onPaper(images: PackedImages, known: PackedImages): PackedImages {
  const stride = wordsPerImage(images.grid);
  return { ...images, words: images.words.map((word, at) => word & known.words[at % stride]) };
}
