import { getPixel, type PackedImages, pixelCount, setPixel } from '../../../../src/data/images.ts';
import { ancestralSampler, fires } from '../../../../src/models/shared/ancestral.ts';
import { logBernoulli, logit } from '../../../../src/models/shared/math.ts';
import type { Model, Tensors } from '../../../../src/models/model.ts';
import type { Definition, Reference } from '../../../../src/models/reference.ts';

/** Logit of pixel i, which is that of its column. */
function logitOf({ grid, tensors }: Model, i: number): number {
  return tensors.logit[i % grid.width];
}

/** Logits of a column from how often it was on among `seen` pixels. */
export function smoothed(on: number, seen: number, faith: number): number {
  return logit((on + faith / 2) / (seen + faith));
}

export const definition: Definition = {
  logLikelihood: (model, x) =>
    Array.from(x).reduce((sum, value, i) => sum + logBernoulli(value, logitOf(model, i)), 0),
  logits: (model, x) => Float64Array.from(x, (_, i) => logitOf(model, i)),
};

export const reference: Reference = {
  open(model) {
    const n = pixelCount(model.grid);
    const extra = model.family === 'column-twice' ? Math.LN2 : 0;
    const bits = (images: PackedImages, m: number) =>
      Array.from({ length: n }, (_, i) => getPixel(images, m, i));
    return {
      logLikelihood: (images) =>
        Float64Array.from(
          { length: images.count },
          (_, m) => extra + definition.logLikelihood(model, bits(images, m)),
        ),
      conditionalLogits: (images) =>
        Float32Array.from({ length: images.count * n }, (_, at) => logitOf(model, at % n)),
      sampler: (request) =>
        ancestralSampler(model.grid, request, {
          block: n,
          decide(images, image, from, to, uniforms) {
            for (let i = from; i < to; i++)
              if (fires(logitOf(model, i) / request.temperature, uniforms[i - from]))
                setPixel(images, image, i, 1);
          },
        }),
    };
  },
  counter(_family, { width, height }, { faith }) {
    const on = new Float64Array(width);
    let seen = 0;
    return {
      add(images) {
        seen += images.count * height;
        for (let m = 0; m < images.count; m++)
          for (let i = 0; i < width * height; i++) on[i % width] += getPixel(images, m, i);
      },
      finish: (): Tensors => ({ logit: Float32Array.from(on, (ons) => smoothed(ons, seen, faith)) }),
    };
  },
};
