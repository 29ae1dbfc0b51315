/**
 * Exact marginals of class-conditional models from those of their class models: p(known) = sum_y p(y) p(known | y). A completion draws
 * the class from p(y | known), then the unknown pixels from the model of that class.
 */
import { blankImages, CLASSES, type PackedImages, scatterImages } from '../../../data/images.ts';
import { permuteKnownPixels } from '../../../data/known-pixels.ts';
import { inverseOrder, permutePixels } from '../../../data/orders.ts';
import { logPrior } from '../../../models/shared/class-conditional.ts';
import { logSoftmax } from '../../../models/shared/math.ts';
import { isClassConditional } from '../../../models/registry.ts';
import type { CpuMarginal } from '../../../models/cpu-model.ts';
import type { Model } from '../../../models/model.ts';
import type { CpuModels } from '../loaded-models.ts';
import { groupByClass, marginalOf as sumOverClasses } from '../../backends/class-conditional/groups.ts';
import { drawClasses } from '../../backends/class-conditional/class-models.ts';

/**
 * The marginal of a whole model, in its own numbering of the pixels; null where a class model cannot sum over unknown pixels.
 * Synchronous: the caller slices the work.
 */
export function marginalOf({ models, order }: CpuModels, model: Model): CpuMarginal | null {
  const own = models.map(({ marginal }) => marginal).filter((marginal) => marginal !== undefined);
  if (own.length < models.length) return null;
  const placed = order ? own.map((marginal) => inOrder(marginal, order)) : own;
  return isClassConditional(model) ? ofClasses(placed, model) : placed[0];
}

function ofClasses(classModels: readonly CpuMarginal[], model: Model): CpuMarginal {
  const prior = logPrior(model);
  const classLogMarginal = (images: PackedImages, known: PackedImages) => {
    const joint = new Float64Array(images.count * CLASSES);
    classModels.forEach((marginal, y) => {
      marginal.logMarginal(images, known).forEach((nats, m) => (joint[m * CLASSES + y] = prior[y] + nats));
    });
    return joint;
  };
  return {
    how: `by the posterior over classes, and within a class ${classModels[0].how}`,
    logMarginal: (images, known) => sumOverClasses(classLogMarginal(images, known)),
    complete(request) {
      const posterior = logSoftmax(classLogMarginal(request.given.image, request.given.known));
      const images = blankImages(model.grid, request.indices.length);
      groupByClass(drawClasses(posterior, request)).forEach((rows, y) => {
        if (rows.length === 0) return;
        const indices = rows.map((row) => request.indices[row]);
        scatterImages(images, rows, classModels[y].complete({ ...request, indices }));
      });
      return images;
    },
  };
}

/** The marginal of a class model that numbers pixels by their place in `order`. */
function inOrder(marginal: CpuMarginal, order: Uint32Array): CpuMarginal {
  const toOrder = (images: PackedImages) => permutePixels(images, order);
  return {
    how: marginal.how,
    logMarginal: (images, known) => marginal.logMarginal(toOrder(images), toOrder(known)),
    complete: (request) => {
      const given = permuteKnownPixels(request.given, order);
      return permutePixels(marginal.complete({ ...request, given }), inverseOrder(order));
    },
  };
}
