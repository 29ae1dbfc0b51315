import type { PackedImages } from '../../data/images.ts';
import type { CpuEmIteration, Model } from '../types.ts';
import { JointReader } from './joint.ts';
import { mStep } from './statistics.ts';

/**
 * Components further than this below the best, in nats, are left out of an image's responsibilities: beside 1 they vanish
 * in f64. Digits belong to a handful of components each, so that few are left.
 */
const NEGLIGIBLE = 40;

/** One iteration of EM: see emIteration in reference.ts. */
export function sparseEmIteration(model: Model): CpuEmIteration {
  const reader = new JointReader(model);
  const { n, components: K, joint, onPixels } = reader;
  const seen = new Float64Array(K);
  const on = new Float64Array(n * K);
  const responsible = new Int32Array(K);
  const responsibilities = new Float64Array(K);
  let images = 0;
  return {
    add(batch: PackedImages) {
      let nats = 0;
      for (let m = 0; m < batch.count; m++) {
        const most = reader.read(batch, m);
        let count = 0;
        let sum = 0;
        for (let k = 0; k < K; k++) {
          if (joint[k] < most - NEGLIGIBLE) continue;
          const share = Math.exp(joint[k] - most);
          responsible[count] = k;
          responsibilities[count++] = share;
          sum += share;
        }
        for (let r = 0; r < count; r++) {
          responsibilities[r] /= sum;
          seen[responsible[r]] += responsibilities[r];
        }
        for (let p = 0; p < reader.onCount; p++) {
          const row = onPixels[p] * K;
          for (let r = 0; r < count; r++) on[row + responsible[r]] += responsibilities[r];
        }
        nats += most + Math.log(sum);
      }
      images += batch.count;
      return nats;
    },
    finish: () => mStep(seen, on, images, model.hyper.strength),
  };
}
