import { blankHidden, type KnownPixels, unknownPixels } from '../../../data/known-pixels.ts';
import {
  blankImages,
  CLASSES,
  getPixel,
  type PackedImages,
  pixelCount,
  setPixel,
} from '../../../data/images.ts';
import { fail, ok, type Result } from '../../../data/result.ts';
import { logSoftmax } from '../../../models/shared/math.ts';
import { isClassConditional, needsLabels } from '../../../models/registry.ts';
import type { ClassifyApi, ClassPosteriors, ClassReading } from '../api.ts';
import { type Joint, jointOfAll, readClasses } from './class-reading.ts';
import type { LoadedModel, LoadedModels } from '../loaded-models.ts';
import { inTurns } from '../../backends/score.ts';

/** Largest difference between the logits of an image and the sum of its contributions, in nats: rounding of f32. */
const ROUNDING = 1e-3;
const TAKEN_AS_BLANK = 'It has no p(x) and cannot sum over hidden pixels: it takes them for paper.';

/** The bias of a linear classifier, [CLASSES], and its weights, [CLASSES, n]. */
interface LinearWeights {
  readonly bias: Float64Array<ArrayBuffer>;
  readonly weights: Float64Array;
}

export class ClassifyQueries implements ClassifyApi {
  readonly #weights = new WeakMap<LoadedModel, LinearWeights>();

  constructor(readonly models: LoadedModels) {}

  async read(
    name: string,
    knownPixels: KnownPixels,
    onPart: (reading: ClassReading) => void,
    signal?: AbortSignal,
  ): Promise<Result<ClassReading>> {
    const found = this.#classifying(name, knownPixels.image);
    if (!found.ok) return found;
    const { model } = found.value;
    if (!isClassConditional(model)) return await this.#readClassifier(name, found.value, knownPixels, signal);
    const cpuModels = this.models.cpuModels(found.value);
    return await readClasses(cpuModels, model, knownPixels, onPart, signal);
  }

  async posteriors(
    name: string,
    images: PackedImages,
    known: PackedImages,
    signal?: AbortSignal,
  ): Promise<Result<ClassPosteriors>> {
    const found = this.#classifying(name, images);
    if (!found.ok) return found;
    const { model } = found.value;
    // Whole images are read by the backend, on a device or on several threads.
    const summed = isClassConditional(model) && unknownPixels({ known }).length > 0;
    const joint = summed
      ? await jointOfAll(this.models.cpuModels(found.value), model, images, known, signal)
      : await this.#jointTakenAsBlank(name, images, known, signal);
    if (!joint.ok) return joint;
    const { nats, exact } = joint.value;
    const logPosteriors = new Float64Array(nats.length);
    for (let at = 0; at < nats.length; at += CLASSES)
      logPosteriors.set(logSoftmax(nats.subarray(at, at + CLASSES)), at);
    return ok({ logPosteriors, exact });
  }

  #classifying(name: string, images: PackedImages): Result<LoadedModel> {
    const found = this.models.findFor(name, images);
    return found.ok && !needsLabels(found.value.model) ? fail(`model: "${name}" knows no classes`) : found;
  }

  /** A classifier's reading, with contributions of the ink pixels where its logits are their sum. */
  async #readClassifier(
    name: string,
    loaded: LoadedModel,
    knownPixels: KnownPixels,
    signal?: AbortSignal,
  ): Promise<Result<ClassReading>> {
    const { image } = knownPixels;
    const logits = await this.#classLogits(name, image, signal);
    if (!logits.ok) return logits;
    const linear = await this.#weightsOf(name, loaded, image, signal);
    if (!linear.ok) return linear;
    const { bias, weights } = linear.value;
    const n = pixelCount(image.grid);
    const contributions = Float32Array.from(weights, (weight, at) => weight * getPixel(image, 0, at % n));
    const sums = bias.map((own, y) =>
      contributions.subarray(y * n, (y + 1) * n).reduce((sum, nats) => sum + nats, own),
    );
    const split = sums.every(
      (sum, y) => Math.abs(sum - logits.value[y]) < ROUNDING * Math.max(1, Math.abs(sum)),
    );
    const hidden = unknownPixels(knownPixels).length > 0;
    return ok({
      posterior: logSoftmax(logits.value).map((nats) => Math.exp(nats)),
      contributions: split ? contributions : new Float32Array(contributions.length),
      split,
      prior: bias,
      exact: !hidden,
      how: hidden ? TAKEN_AS_BLANK : 'Every pixel is seen.',
    });
  }

  /** From the logits of a blank image with one pixel of ink, for every pixel; computed once for every model. */
  async #weightsOf(
    name: string,
    loaded: LoadedModel,
    { grid }: PackedImages,
    signal?: AbortSignal,
  ): Promise<Result<LinearWeights>> {
    const known = this.#weights.get(loaded);
    if (known) return ok(known);
    const n = pixelCount(grid);
    const onePixel = blankImages(grid, n + 1);
    for (let pixel = 0; pixel < n; pixel++) setPixel(onePixel, pixel, pixel, 1);
    const logits = await this.#classLogits(name, onePixel, signal);
    if (!logits.ok) return logits;
    const bias = logits.value.slice(n * CLASSES);
    const weights = new Float64Array(CLASSES * n);
    for (let pixel = 0; pixel < n; pixel++)
      for (let y = 0; y < CLASSES; y++) weights[y * n + pixel] = logits.value[pixel * CLASSES + y] - bias[y];
    const linear = { bias, weights };
    this.#weights.set(loaded, linear);
    return ok(linear);
  }

  async #jointTakenAsBlank(
    name: string,
    images: PackedImages,
    known: PackedImages,
    signal?: AbortSignal,
  ): Promise<Result<Joint>> {
    const logits = await this.#classLogits(name, blankHidden(images, known), signal);
    const hidden = unknownPixels({ known }).length;
    return logits.ok ? ok({ nats: logits.value, exact: hidden === 0 }) : logits;
  }

  async #classLogits(
    name: string,
    images: PackedImages,
    signal?: AbortSignal,
  ): Promise<Result<Float64Array<ArrayBuffer>>> {
    return await this.models.with(name, images, async ({ classLogits }) => {
      if (!classLogits) throw new Error('model: gives no class logits');
      return await inTurns(images, CLASSES, classLogits, { signal });
    });
  }
}
