/**
 * Whether two ways of drawing came to the same images. They may part where a random number falls so near a probability that the last bits of
 * a sum decide: from there on an image goes its own way, with every right.
 */
import { getPixel, type PackedImages, pixelCount, sliceImages } from '../../../data/images.ts';
import { permutePixels } from '../../../data/orders.ts';
import { randomWords, Stream, streamKey, uniform } from '../../../data/rng.ts';
import { membersOf } from '../../../models/shared/class-conditional.ts';
import { sigmoid } from '../../../models/shared/math.ts';
import { isClassConditional } from '../../../models/registry.ts';
import type { Model, SampleRequest } from '../../../models/types.ts';
import type { Agreement } from '../api.ts';
import type { Inside } from '../loaded-models.ts';
import { classesOf } from '../../backends/class-conditional/class-models.ts';
import { placesOf } from '../../backends/sampling/fixed-point.ts';

/** Nearer than this |u - p| counts as a tie: f32 sums over a whole image may differ by about as much. */
export const NEAR_TIE = 1e-5;

/** Compares image by image; `inside` is the model as its references see it. */
export function agreementOf(
  model: Model,
  inside: Inside,
  request: SampleRequest,
  one: PackedImages,
  other: PackedImages,
): Agreement {
  const n = pixelCount(model.grid);
  const members = isClassConditional(model) ? membersOf(model) : [model];
  const classes = members.length > 1 ? classesOf(model, request) : null;
  const words = new Uint32Array(n);
  let different = 0;
  let ties = 0;
  for (let m = 0; m < one.count; m++) {
    if (sameImage(one, other, m)) continue;
    different++;
    const y = classes?.[m] ?? 0;
    // As the member numbers the pixels.
    const [a, b] = [one, other].map((images) => {
      const image = sliceImages(images, m, 1);
      return inside.order ? permutePixels(image, inside.order) : image;
    });
    const order = placesOf(members[y]);
    const place = order.findIndex((pixel) => getPixel(a, 0, pixel) !== getPixel(b, 0, pixel));
    const logit = inside.members[y].conditionalLogits(a)[order[place]];
    randomWords(request.seed, streamKey(Stream.sample), request.indices[m], words);
    if (Math.abs(uniform(words[place]) - sigmoid(logit / request.temperature)) < NEAR_TIE) ties++;
  }
  return { images: one.count, different, ties };
}

function sameImage(one: PackedImages, other: PackedImages, m: number): boolean {
  const words = sliceImages(other, m, 1).words;
  return sliceImages(one, m, 1).words.every((word, at) => word === words[at]);
}
