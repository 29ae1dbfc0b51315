import { blankImages, type Grid, type PackedImages, pixelCount, sliceImages } from '../../../data/images.ts';
import { inverseOrder, permutePixels } from '../../../data/orders.ts';
import { fail, ok, type Result } from '../../../data/result.ts';
import { type Attribution, type ExplainApi, SUPERSEDED } from '../api.ts';
import type { Evaluator } from '../../backends/backend.ts';
import type { CpuModels, LoadedModel, LoadedModels } from '../loaded-models.ts';
import { Single } from '../single.ts';

/** Images that go through the model together: as many as take a moment, so that a drawing is never kept waiting for long. */
const CHUNK = { first: 8, most: 64, quickMs: 12, slowMs: 40 } as const;
/** Between two reports. */
const REPORT_MS = 50;

/** Which pixels pushed a conditional: every one of them is flipped and the logit computed anew, none is taken for granted. */
export class ExplainQueries implements ExplainApi {
  readonly #single = new Single();

  constructor(readonly models: LoadedModels) {}

  async ask(
    name: string,
    image: PackedImages,
    pixel: number,
    onPart: (drivers: Attribution) => void,
  ): Promise<Result<Attribution>> {
    const wanted = this.#single.begin();
    const found = this.models.findFor(name, image);
    if (!found.ok) return found;
    const loaded = found.value;
    const reason = refuse(name, loaded, pixel);
    if (reason !== null) return fail(reason);
    // A newer question may already wait: nothing is begun for nothing.
    await this.models.yieldToEventLoop();
    if (!wanted()) return fail(SUPERSEDED);

    const one = sliceImages(image, 0, 1);
    const gradient = gradientOf(this.models.cpuModels(loaded), one, pixel);
    const flips = new Float32Array(pixelCount(image.grid)).fill(NaN);
    const pixels = nearestFirst(image.grid, pixel);
    let base = { evaluator: null as Evaluator | null, logit: NaN };
    let size: number = CHUNK.first;
    // What is answered at once is told once.
    let said = performance.now();
    for (let at = 0; at < pixels.length;) {
      const chunk = pixels.subarray(at, at + size);
      const began = performance.now();
      const logits = await this.models.with(name, one, async (evaluator) => {
        // Another backend rounds differently: a difference is taken between two numbers of the same one.
        if (base.evaluator !== evaluator)
          base = { evaluator, logit: (await evaluator.conditionalLogits(one))[pixel] };
        return await evaluator.conditionalLogits(flipped(one, chunk));
      });
      if (!logits.ok) return logits;
      chunk.forEach((each, m) => (flips[each] = logits.value[m * flips.length + pixel] - base.logit));
      at += chunk.length;
      const now = performance.now();
      if (now - began < CHUNK.quickMs) size = Math.min(CHUNK.most, size * 2);
      else if (now - began > CHUNK.slowMs) size = Math.max(1, size >> 1);
      if (at < pixels.length && now - said >= REPORT_MS) {
        said = now;
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

/** In the numbers of the model's pixels, [n]; null where the model is a mixture over classes, or not smooth. */
function gradientOf(
  { models, order }: CpuModels,
  one: PackedImages,
  pixel: number,
): Float32Array<ArrayBuffer> | null {
  const inputGradient = models.length === 1 ? models[0].inputGradient : undefined;
  if (!inputGradient) return null;
  if (order === null) return Float32Array.from(inputGradient(one, pixel));
  const own = inputGradient(permutePixels(one, order), inverseOrder(order)[pixel]);
  const gradient = new Float32Array(own.length);
  own.forEach((value, place) => (gradient[order[place]] = value));
  return gradient;
}

/** All pixels, those that lie closest on the picture first, [n]: what matters most is usually near. */
function nearestFirst({ width, height }: Grid, pixel: number): Uint32Array<ArrayBuffer> {
  const row = Math.floor(pixel / width);
  const column = pixel % width;
  const distance = Float64Array.from({ length: width * height }, (_, i) =>
    Math.hypot(Math.floor(i / width) - row, (i % width) - column),
  );
  return Uint32Array.from(distance.keys()).sort((a, b) => distance[a] - distance[b] || a - b);
}

/** One copy of the image for every pixel of `pixels`, that pixel flipped. */
function flipped(one: PackedImages, pixels: Uint32Array): PackedImages {
  const images = blankImages(one.grid, pixels.length);
  const stride = one.words.length;
  pixels.forEach((pixel, m) => {
    images.words.set(one.words, m * stride);
    images.words[m * stride + (pixel >> 5)] ^= 1 << (pixel & 31);
  });
  return images;
}
