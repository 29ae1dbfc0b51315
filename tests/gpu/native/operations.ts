/** Operations of the families' matrix products, so that a rate of images says how much of the device it uses. */
import { type PackedImages, pixelCount, sliceImages, unpackImage } from '../../../src/data/images.ts';
import { averagedOrders, folderSpec } from '../../../src/models/registry.ts';
import { isActive } from '../../../src/models/sparse-pixelcnn/definition.ts';
import { DOWN, type Layer, MIDDLE, QUIET, UP } from '../../../src/models/sparse-pixelcnn/layout.ts';
import type { Model } from '../../../src/models/model.ts';

/** Images over which the ink is averaged. */
const LOOKED_AT = 100;

/**
 * Billions of operations to score an image, two for a multiply and add: every weight is used once an image, those of an ensemble once an
 * order, those of a convolution once a pixel (of the sparse one where it computes, on average over the images). Null for
 * families of tables, which look up instead.
 */
export function scoreOperations(model: Model, images: PackedImages): number | null {
  const spec = folderSpec(model.family);
  if (spec.training === 'counted') return null;
  if (model.family === 'sparse-pixelcnn') return sparseOperations(model, images);
  const uses = model.family === 'pixelcnn' ? pixelCount(model.grid) : averagedOrders(model);
  return (2 * uses * spec.parameterCount(model.grid, model.hyper)) / 1e9;
}

function sparseOperations({ grid, hyper }: Model, images: PackedImages): number {
  const products = (layers: readonly Layer[]) =>
    layers.reduce((sum, { inputs, outputs }) => sum + 2 * inputs * outputs, 0);
  const looked = sliceImages(images, 0, Math.min(images.count, LOOKED_AT));
  let sum = 0;
  for (let m = 0; m < looked.count; m++) {
    const x = unpackImage(looked, m);
    x.forEach((_, i) => {
      sum += isActive(grid, x, i) ? hyper.blocks * products([DOWN, MIDDLE, UP]) : products([QUIET]);
    });
  }
  return sum / looked.count / 1e9;
}
