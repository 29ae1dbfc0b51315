import { blankImages, type Grid, type PackedImages, pixelCount, sliceImages } from '../../../data/images.ts';
import { inverseOrder, permutePixels } from '../../../data/orders.ts';
import { fail, ok, type Result } from '../../../data/result.ts';
import { type Attribution, type ExplainApi, SUPERSEDED } from '../api.ts';
import type { Evaluator } from '../../backends/backend.ts';
import type { CpuModels, LoadedModel, LoadedModels } from '../loaded-models.ts';
import { Single } from '../single.ts';

/** Images evaluated together; their number adapts to the time of a chunk, so that other work of the thread waits briefly. */
const CHUNK = { first: 8, most: 64, quickMs: 12, slowMs: 40 } as const;
/** Shortest time between two partial results. */
const REPORT_MS = 50;

/** Attribution of a conditional: every pixel is flipped, later ones too, and the logit is computed anew. */
export class ExplainQueries implements ExplainApi {
  readonly #single = new Single();

  constructor(readonly models: LoadedModels) {}

  async attribute(
    name: string,
    image: PackedImages,
    pixel: number,
    onPart: (attribution: Attribution) => void,
  ): Promise<Result<Attribution>> {
    const wanted = this.#single.begin();
    const found = this.models.findFor(name, image);
    if (!found.ok) return found;
    const loaded = found.value;
    const reason = refuse(name, loaded, pixel);
    if (reason !== null) return fail(reason);
    // A newer query may already be waiting; then nothing is computed.
    await this.models.yieldToEventLoop();
    if (!wanted()) return fail(SUPERSEDED);

    const single = sliceImages(image, 0, 1);
    const gradient = gradientOf(this.models.cpuModels(loaded), single, pixel);
    const flips = new Float32Array(pixelCount(image.grid)).fill(NaN);
    const pixels = nearestFirst(image.grid, pixel);
    let base = { evaluator: null as Evaluator | null, logit: NaN };
    let size: number = CHUNK.first;
    // A quick query reports no partial results.
    let reportedAt = performance.now();
    for (let at = 0; at < pixels.length;) {
      const chunk = pixels.subarray(at, at + size);
      const began = performance.now();
      const logits = await this.models.with(name, single, async (evaluator) => {
        // Backends round differently: both terms of a difference have to come from the same single.
        if (base.evaluator !== evaluator)
          base = { evaluator, logit: (await evaluator.conditionalLogits(single))[pixel] };
        return await evaluator.conditionalLogits(flipped(single, chunk));
      });
      if (!logits.ok) return logits;
      chunk.forEach((each, m) => (flips[each] = logits.value[m * flips.length + pixel] - base.logit));
      at += chunk.length;
      const now = performance.now();
      if (now - began < CHUNK.quickMs) size = Math.min(CHUNK.most, size * 2);
      else if (now - began > CHUNK.slowMs) size = Math.max(1, size >> 1);
      if (at < pixels.length && now - reportedAt >= REPORT_MS) {
        reportedAt = now;
        onPart({ pixel, logit: base.logit, flips: flips.slice(), gradient, done: false });
      }
      await this.models.yieldToEventLoop();
      if (!wanted()) return fail(SUPERSEDED);
    }
    return ok({ pixel, logit: base.logit, flips, gradient, done: true });
  }

  cancel(): Promise<void> {
    this.#single.cancel();
    return Promise.resolve();
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
