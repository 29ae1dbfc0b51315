import { type PackedImages, sliceImages } from '../../../src/data/images.ts';
import { referenceOf } from '../../../src/engine/backends/references.ts';
import type { Model, Tensors } from '../../../src/models/model.ts';

/** One iteration of EM by a family's fast twin, the images in unequal pieces; `nats` is their summed log p. */
export function iterate(model: Model, images: PackedImages): { nats: number; tensors: Tensors } {
  const emIteration = referenceOf(model.family).emIteration!(model);
  const cut = Math.floor(images.count / 3);
  const nats =
    emIteration.add(sliceImages(images, cut, images.count - cut)) +
    emIteration.add(sliceImages(images, 0, cut));
  return { nats, tensors: emIteration.finish() };
}
