import { CLASSES, pixelCount, wordsPerImage } from '../../data/images.ts';
import type { Program, ProgramScope } from '../program.ts';
import { batchParams } from '../program-params.ts';

/** Logistic regression as dispatches: the formulas of reference.ts, one workgroup an image, then one thread a weight. */
export const program: Program = {
  kernels: [
    'logistic-regression/class-logits.wgsl',
    'logistic-regression/delta.wgsl',
    'logistic-regression/gradient.wgsl',
  ],

  classifier(scope, { images, out }) {
    const logits = scope.bind('logistic-regression/class-logits.wgsl', { images, ...weights(scope), out });
    return {
      classLogits: (count) => [logits.dispatch({ words_per_image: wordsPerImage(scope.grid) }, [count])],
    };
  },

  gradient(scope, { images, labels, capacity, gradients }) {
    const words_per_image = wordsPerImage(scope.grid);
    const partial = scope.arena.storage('partial', capacity * 4);
    const delta = scope.arena.storage('delta', capacity * CLASSES * 4);
    const writeDelta = scope.bind('logistic-regression/delta.wgsl', {
      images,
      ...weights(scope),
      labels,
      delta,
      partial,
    });
    const write = scope.bind('logistic-regression/gradient.wgsl', {
      images,
      delta,
      weight_gradient: gradients.weight,
      bias_gradient: gradients.bias,
    });
    const tiles = write.groups(pixelCount(scope.grid) + 1, 'tile_pixels');
    return {
      parts: 1,
      partial,
      gradient: (count) => [
        writeDelta.dispatch({ words_per_image }, [count]),
        write.dispatch(batchParams(scope, count), [tiles], Math.ceil(count / 32)),
      ],
    };
  },
};

function weights({ tensors }: ProgramScope) {
  return { bias: tensors.bias, weight: tensors.weight };
}
