import { pixelCount, unpackImage } from '../../data/images.ts';
import type { PackedImages } from '../../data/images.ts';
import type { Simd } from '../../simd/simd.ts';
import { logBernoulli } from '../shared/math.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import { inputGradientOf } from './input-gradient.ts';
import { Reader } from './reader.ts';
import { sparseSampler } from './sampler.ts';

/** Opens a model of this family for scoring and sampling. */
export function openCpu(model: Model, simd?: Simd | null): CpuModel {
  const n = pixelCount(model.grid);
  const x = new Uint8Array(n);
  let reader: Reader | null = null;

  /** Calls back with the logits of every pass, [count, n], which begins with image `first`. */
  function read(images: PackedImages, use: (z: Float32Array, first: number, count: number) => void): void {
    const own = (reader ??= new Reader(model, 'nothing', simd));
    for (let first = 0; first < images.count; first += own.images) {
      const count = Math.min(own.images, images.count - first);
      own.run(count, (m) => unpackImage(images, first + m, x));
      use(own.z.subarray(0, count * n), first, count);
    }
  }

  return {
    logLikelihood(images) {
      const result = new Float64Array(images.count);
      read(images, (z, first, count) => {
        for (let m = 0; m < count; m++) {
          unpackImage(images, first + m, x);
          for (let i = 0; i < n; i++) result[first + m] += logBernoulli(x[i], z[m * n + i]);
        }
      });
      return result;
    },
    conditionalLogits(images) {
      const result = new Float32Array(images.count * n);
      read(images, (z, first) => result.set(z, first * n));
      return result;
    },
    sampler: (request) => sparseSampler(model, request, simd),
    inputGradient: inputGradientOf(model, simd),
  };
}
