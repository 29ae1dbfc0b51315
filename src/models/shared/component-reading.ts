import { type PackedImages, pixelCount } from '../../data/images.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { ComponentReader } from './component-features.ts';
import { logSumExp } from './math.ts';

/** Logits of p(x_i = 1 | x_<i) of one image after the other. */
interface ConditionalReader {
  /** Fills `out`, [n], for one image. */
  read(images: PackedImages, image: number, out: Float32Array): void;
}

/** How a mixture scores and reads images. `open` is called for the first images whose conditionals are wanted. */
export function componentReading(
  reader: ComponentReader,
  open: () => ConditionalReader,
): Pick<CpuModel, 'logLikelihood' | 'conditionalLogits'> {
  let conditionals: ConditionalReader | null = null;
  return {
    logLikelihood(images) {
      const result = new Float64Array(images.count);
      for (let m = 0; m < images.count; m++) {
        reader.read(images, m);
        result[m] = logSumExp(reader.joint);
      }
      return result;
    },
    conditionalLogits(images) {
      conditionals ??= open();
      const n = pixelCount(images.grid);
      const result = new Float32Array(images.count * n);
      for (let m = 0; m < images.count; m++) conditionals.read(images, m, result.subarray(m * n, m * n + n));
      return result;
    },
  };
}
