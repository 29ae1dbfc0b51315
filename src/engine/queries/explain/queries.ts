import { blankImages, type Grid, type PackedImages, pixelCount, sliceImages } from '../../../data/images.ts';
import { inverseOrder, permutePixels } from '../../../data/orders.ts';
import { fail, ok, type Result } from '../../../data/result.ts';
import { forEachSlice } from '../../../data/slices.ts';
import type { Attribution, ExplainApi } from '../api.ts';
import type { Evaluator } from '../../backends/backend.ts';
import type { CpuModels, LoadedModel, LoadedModels } from '../loaded-models.ts';

/** Intended time of a slice of images that are evaluated together. */
const SLICE_MS = 24;
/** Shortest time between two partial results. */
const REPORT_MS = 50;

/** Attribution of a conditional: every pixel is flipped, later ones too, and the logit is computed anew. */
export class ExplainQueries implements ExplainApi {
  constructor(readonly models: LoadedModels) {}

  async attribute(
    name: string,
    image: PackedImages,
    pixel: number,
    onPart: (attribution: Attribution) => void,
    signal?: AbortSignal,
  ): Promise<Result<Attribution>> {
    const found = this.models.findFor(name, image);
    if (!found.ok) return found;
    const loaded = found.value;
    const reason = refuse(name, loaded, pixel);
    if (reason !== null) return fail(reason);

    const single = sliceImages(image, 0, 1);
    const gradient = gradientOf(this.models.cpuModels(loaded), single, pixel);
    const flips = new Float32Array(pixelCount(image.grid)).fill(NaN);
    const pixels = nearestFirst(image.grid, pixel);
    let base = { evaluator: null as Evaluator | null, logit: NaN };
    // A quick query reports no partial results.
    let reportedAt = performance.now();
    await forEachSlice(pixels.length, {
      targetMs: SLICE_MS,
      signal,
      work: async (first, count) => {
        const slice = pixels.subarray(first, first + count);
        const logits = await this.models.evaluate(loaded, async (evaluator) => {
          // Backends round differently: both terms of a difference have to come from the same one.
          if (base.evaluator !== evaluator)
            base = { evaluator, logit: (await evaluator.conditionalLogits(single))[pixel] };
          return await evaluator.conditionalLogits(flipped(single, slice));
        });
        slice.forEach((each, m) => (flips[each] = logits[m * flips.length + pixel] - base.logit));
        const now = performance.now();
        if (first + count === pixels.length || now - reportedAt < REPORT_MS) return;
        reportedAt = now;
        onPart({ pixel, logit: base.logit, flips: flips.slice(), gradient, done: false });
      },
    });
    return ok({ pixel, logit: base.logit, flips, gradient, done: true });
  }
}

function refuse(name: string, { model, density, chained }: LoadedModel, pixel: number): string | null {
  if (!density) return `model: "${name}" is a classifier: it has no conditionals of pixels`;
  if (!chained) return `model: "${name}" averages over several orders: a pixel has no single conditional`;
  const n = pixelCount(model.grid);
  return Number.isInteger(pixel) && pixel >= 0 && pixel < n
    ? null
    : `pixel: ${pixel} is outside 0 to ${n - 1}`;
}

/** By pixel in raster order, [n]; null where the model is class-conditional or has no input gradient. */
function gradientOf(
  { models, order }: CpuModels,
  single: PackedImages,
  pixel: number,
): Float32Array<ArrayBuffer> | null {
  const inputGradient = models.length === 1 ? models[0].inputGradient : undefined;
  if (!inputGradient) return null;
  if (order === null) return Float32Array.from(inputGradient(single, pixel));
  const own = inputGradient(permutePixels(single, order), inverseOrder(order)[pixel]);
  const gradient = new Float32Array(own.length);
  own.forEach((value, place) => (gradient[order[place]] = value));
  return gradient;
}

/** All pixels by their distance on the grid, nearest first, [n]: the largest effects are usually near. */
function nearestFirst({ width, height }: Grid, pixel: number): Uint32Array<ArrayBuffer> {
  const row = Math.floor(pixel / width);
  const column = pixel % width;
  const distance = Float64Array.from({ length: width * height }, (_, i) =>
    Math.hypot(Math.floor(i / width) - row, (i % width) - column),
  );
  return Uint32Array.from(distance.keys()).sort((a, b) => distance[a] - distance[b] || a - b);
}

/** One copy of the image for each of `pixels`, with that pixel flipped. */
function flipped(single: PackedImages, pixels: Uint32Array): PackedImages {
  const images = blankImages(single.grid, pixels.length);
  const stride = single.words.length;
  pixels.forEach((pixel, m) => {
    images.words.set(single.words, m * stride);
    images.words[m * stride + (pixel >> 5)] ^= 1 << (pixel & 31);
  });
  return images;
}
