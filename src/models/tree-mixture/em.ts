import { type PackedImages, pixelCount } from '../../data/images.ts';
import { indexRange } from '../../data/rng.ts';
import { Responsibilities } from '../shared/responsibilities.ts';
import type { CpuEmIteration } from '../cpu-training.ts';
import type { Model } from '../model.ts';
import { JointReader } from './joint.ts';
import { mStep, type PairTable } from './m-step.ts';
import { PairSums } from './pair-sums.ts';

/** Components further than this below the best, in nats, are left out of an image's responsibilities: beside 1 they are 2e-9. */
const NEGLIGIBLE = 20;

/** Some of the images of a batch, and how much of each. */
interface Members {
  readonly images: number[];
  readonly shares: number[];
}

/** A batch that is kept until all images have been added, and which of them every component answers for, [K]. */
interface Kept {
  readonly images: PackedImages;
  readonly members: readonly Members[];
}

/**
 * One iteration of EM: see emIteration in reference.ts. Pairs are counted at the end, component by component, as those of all together would
 * need K n^2 numbers; the images are kept until then, a bit a pixel.
 */
export function treeEmIteration(model: Model): CpuEmIteration {
  const reader = new JointReader(model);
  const { joint } = reader;
  const K = joint.length;
  const n = pixelCount(model.grid);
  const seen = new Float64Array(K);
  const shared = new Responsibilities(K, NEGLIGIBLE);
  const kept: Kept[] = [];
  const sums = new PairSums(model.grid);
  let images = 0;
  return {
    add(batch) {
      const members = Array.from({ length: K }, (): Members => ({ images: [], shares: [] }));
      let nats = 0;
      for (let m = 0; m < batch.count; m++) {
        nats += shared.of(joint, reader.read(batch, m));
        for (let r = 0; r < shared.count; r++) {
          const k = shared.component[r];
          seen[k] += shared.share[r];
          members[k].images.push(m);
          members[k].shares.push(shared.share[r]);
        }
      }
      kept.push({ images: { ...batch, words: batch.words.slice() }, members });
      images += batch.count;
      return nats;
    },
    finish() {
      const all: PairTable = new Float64Array(n * n);
      sums.count(
        kept.map(({ images: batch }) => ({ batch, images: indexRange(0, batch.count), shares: null })),
        all,
        false,
      );
      return mStep(model, {
        images,
        seen,
        all,
        pairsOf(k, into, diagonalOnly) {
          const own = kept.map(({ images: batch, members }) => ({ batch, ...members[k] }));
          sums.count(own, into, diagonalOnly);
        },
      });
    },
  };
}
