import { pixelCount, setPixel, unpackImage } from '../../data/images.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import { logBernoulli } from '../shared/math.ts';
import type { CpuModel, Model } from '../types.ts';
import { logits } from './definition.ts';

export function openCpu(model: Model): CpuModel {
  const n = pixelCount(model.grid);
  return {
    logLikelihood: (images) =>
      Float64Array.from({ length: images.count }, (_, m) => {
        const x = unpackImage(images, m);
        return Float32Array.from(logits(model, x)).reduce((sum, z, i) => sum + logBernoulli(x[i], z), 0);
      }),
    conditionalLogits(images) {
      const result = new Float32Array(images.count * n);
      for (let m = 0; m < images.count; m++) result.set(logits(model, unpackImage(images, m)), m * n);
      return result;
    },
    sampler: (request) =>
      ancestralSampler(model.grid, request, {
        block: n,
        decide(images, image, from, to, uniforms) {
          for (let i = from; i < to; i++) {
            const z = logits(model, unpackImage(images, image))[i];
            if (fires(z / request.temperature, uniforms[i - from])) setPixel(images, image, i, 1);
          }
        },
      }),
  };
}
