import { pixelCount } from '../../data/images.ts';
import { componentFeatures } from '../shared/component-features.ts';
import { sigmoid } from '../shared/math.ts';
import type { CpuFeatures } from '../features.ts';
import type { Model } from '../model.ts';
import { JointReader } from './joint.ts';

/** The components as units, each with the picture theta_k. */
export function components(model: Model): CpuFeatures {
  const n = pixelCount(model.grid);
  const { weight, logit } = model.tensors;
  const units = weight.length;
  return componentFeatures(
    weight,
    () => new JointReader(model),
    () =>
      Float32Array.from({ length: units * n }, (_, at) =>
        sigmoid(logit[(at % n) * units + Math.floor(at / n)]),
      ),
  );
}
