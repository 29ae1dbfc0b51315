import { type PackedImages, pixelCount } from '../../data/images.ts';
import { sigmoid } from '../shared/math.ts';
import type { CpuFeatures, Model } from '../types.ts';
import { JointReader } from './joint.ts';

/**
 * The components as units: how much each answers for an image, p(k | x), and what its images look like, theta_k. A term common to all components drops out of the
 * log-ratios: log p(x, k) minus its mean over k.
 */
export function components(model: Model): CpuFeatures {
  const n = pixelCount(model.grid);
  const { weight, logit } = model.tensors;
  const units = weight.length;
  let pictures: Float32Array<ArrayBuffer> | null = null;
  let reader: JointReader | null = null;

  /** Calls `use` with the largest log p(x, k) of every image; all of them lie in `joint`, [K]. */
  function read(images: PackedImages, use: (image: number, joint: Float64Array, most: number) => void): void {
    reader ??= new JointReader(model);
    for (let m = 0; m < images.count; m++) use(m, reader.joint, reader.read(images, m));
  }

  return {
    units,
    kind: 'probabilities',
    get pictures() {
      pictures ??= Float32Array.from({ length: units * n }, (_, at) =>
        sigmoid(logit[(at % n) * units + Math.floor(at / n)]),
      );
      return pictures;
    },
    activations(images) {
      const all = new Float32Array(images.count * units);
      read(images, (m, joint, most) => {
        let total = 0;
        for (let k = 0; k < units; k++) total += Math.exp(joint[k] - most);
        for (let k = 0; k < units; k++) all[m * units + k] = Math.exp(joint[k] - most) / total;
      });
      return all;
    },
    logRatios(images) {
      const all = new Float32Array(images.count * units);
      read(images, (m, joint) => {
        const mean = joint.reduce((sum, nats) => sum + nats, 0) / units;
        for (let k = 0; k < units; k++) all[m * units + k] = joint[k] - mean;
      });
      return all;
    },
  };
}
