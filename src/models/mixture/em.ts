import type { PackedImages } from '../../data/images.ts';
import { Responsibilities } from '../shared/responsibilities.ts';
import type { CpuEmIteration } from '../cpu-training.ts';
import type { Model } from '../model.ts';
import { JointReader } from './joint.ts';
import { mStep } from './statistics.ts';

/** Components further than this below the best, in nats, are left out of an image's responsibilities: beside 1 they vanish in f64. */
const NEGLIGIBLE = 40;

/** One iteration of EM: see emIteration in reference.ts. */
export function sparseEmIteration(model: Model): CpuEmIteration {
  const reader = new JointReader(model);
  const { n, components: K, joint, onPixels } = reader;
  const seen = new Float64Array(K);
  const on = new Float64Array(n * K);
  const shared = new Responsibilities(K, NEGLIGIBLE);
  const { component, share } = shared;
  let images = 0;
  return {
    add(batch: PackedImages) {
      let nats = 0;
      for (let m = 0; m < batch.count; m++) {
        nats += shared.of(joint, reader.read(batch, m));
        const { count } = shared;
        for (let r = 0; r < count; r++) seen[component[r]] += share[r];
        for (let p = 0; p < reader.onCount; p++) {
          const row = onPixels[p] * K;
          for (let r = 0; r < count; r++) on[row + component[r]] += share[r];
        }
      }
      images += batch.count;
      return nats;
    },
    finish: () => mStep(seen, on, images, model.hyper.strength),
  };
}
