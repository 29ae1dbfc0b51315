/**
 * Whether two sampling methods drew the same images. They may differ where a random number lies so near a probability that the rounding of
 * a sum decides; the pixels after it then differ legitimately.
 */
import { getPixel, type PackedImages, pixelCount, sliceImages } from '../../../data/images.ts';
import { permutePixels } from '../../../data/orders.ts';
import { randomWords, Stream, streamKey, uniform } from '../../../data/rng.ts';
import { sigmoid } from '../../../models/shared/math.ts';
import { modelsIn } from '../../../models/registry.ts';
import type { Model } from '../../../models/model.ts';
import type { SampleRequest } from '../../../models/sampling.ts';
import type { Agreement } from '../api.ts';
import type { CpuModels } from '../loaded-models.ts';
import { classesOf } from '../../backends/class-conditional/class-models.ts';
import { singleOrderOf } from '../../backends/sampling/fixed-point.ts';

/** A smaller |u - p| counts as a tie: f32 sums over a whole image may differ by about as much. */
export const NEAR_TIE = 1e-5;

/** Compares image by image; the conditional of the first differing pixel comes from `cpuModels`. */
export function agreementOf(
  model: Model,
  cpuModels: CpuModels,
  request: SampleRequest,
  one: PackedImages,
  other: PackedImages,
): Agreement {
  const n = pixelCount(model.grid);
  const models = modelsIn(model);
  const classes = models.length > 1 ? classesOf(model, request) : null;
  const words = new Uint32Array(n);
  let different = 0;
  let ties = 0;
  for (let m = 0; m < one.count; m++) {
    if (sameImage(one, other, m)) continue;
    different++;
    const y = classes?.[m] ?? 0;
    // In the model's own numbering of the pixels.
    const [a, b] = [one, other].map((images) => {
      const image = sliceImages(images, m, 1);
      return cpuModels.order ? permutePixels(image, cpuModels.order) : image;
    });
    const order = singleOrderOf(models[y]);
    const place = order.findIndex((pixel) => getPixel(a, 0, pixel) !== getPixel(b, 0, pixel));
    const logit = cpuModels.models[y].conditionalLogits(a)[order[place]];
    randomWords(request.seed, streamKey(Stream.sample), request.indices[m], words);
    if (Math.abs(uniform(words[place]) - sigmoid(logit / request.temperature)) < NEAR_TIE) ties++;
  }
  return { images: one.count, different, ties };
}

function sameImage(one: PackedImages, other: PackedImages, m: number): boolean {
  const words = sliceImages(other, m, 1).words;
  return sliceImages(one, m, 1).words.every((word, at) => word === words[at]);
}
