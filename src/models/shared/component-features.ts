import type { PackedImages } from '../../data/images.ts';
import { logSoftmax, logSumExp } from './math.ts';
import type { ComponentTrees, CpuFeatures } from '../features.ts';

/** log p(x, k) of one image after the other. */
export interface ComponentReader {
  /** log p(x, k) of the image read last, [K]. */
  readonly joint: Float64Array;
  /** Fills `joint` for one image; returns the largest of them. */
  read(images: PackedImages, image: number): number;
}

/**
 * The components of a mixture as units: how much each answers for an image, p(k | x), and what its images look like. A term common to all components drops out of the
 * log-ratios: log p(x, k) minus its mean over k. `weight` is the logits of p(k), [K].
 */
export function componentFeatures(
  weight: Float32Array,
  open: () => ComponentReader,
  draw: () => Float32Array<ArrayBuffer>,
  describeTrees: (() => ComponentTrees) | null = null,
): CpuFeatures {
  const units = weight.length;
  let reader: ComponentReader | null = null;
  let pictures: Float32Array<ArrayBuffer> | null = null;
  let trees: ComponentTrees | null = null;

  /** [count, K] numbers, those of an image made from its log p(x, k) less `base`. */
  function perImage(
    images: PackedImages,
    base: (joint: Float64Array) => number,
    value: (nats: number) => number,
  ): Float32Array<ArrayBuffer> {
    reader ??= open();
    const { joint } = reader;
    const all = new Float32Array(images.count * units);
    for (let m = 0; m < images.count; m++) {
      reader.read(images, m);
      const less = base(joint);
      for (let k = 0; k < units; k++) all[m * units + k] = value(joint[k] - less);
    }
    return all;
  }

  return {
    units,
    kind: 'probabilities',
    get pictures() {
      return (pictures ??= draw());
    },
    activations: (images) => perImage(images, logSumExp, Math.exp),
    logRatios: (images) =>
      perImage(
        images,
        (joint) => joint.reduce((sum, nats) => sum + nats, 0) / units,
        (nats) => nats,
      ),
    components: {
      weights: Float32Array.from(logSoftmax(Float64Array.from(weight)), Math.exp),
      logJoint: (images) =>
        perImage(
          images,
          () => 0,
          (nats) => nats,
        ),
      get trees() {
        return (trees ??= describeTrees?.() ?? null);
      },
    },
  };
}
