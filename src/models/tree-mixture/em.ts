import { type PackedImages, pixelCount, wordsPerImage } from '../../data/images.ts';
import { listOn } from '../shared/on-pixels.ts';
import { Responsibilities } from '../shared/responsibilities.ts';
import type { CpuEmIteration, Model } from '../types.ts';
import { JointReader } from './joint.ts';
import { mStep, type PairTable } from './m-step.ts';

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
  const adder = new PairAdder(model.grid);
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
      for (const { images: batch } of kept)
        for (let m = 0; m < batch.count; m++) adder.add(batch, m, 1, all, false);
      return mStep(model, {
        images,
        seen,
        all,
        pairsOf(k, into, diagonalOnly) {
          into.fill(0);
          for (const { images: batch, members } of kept) {
            const own = members[k];
            own.images.forEach((m, at) => adder.add(batch, m, own.shares[at], into, diagonalOnly));
          }
        },
      });
    },
  };
}

/** Adds images to tables of pairs: only the pairs that are on, one in fifty of a digit's. */
class PairAdder {
  readonly #n: number;
  readonly #words: number;
  readonly #bases: Int32Array;
  readonly #pixels: Int32Array;
  readonly #rows: Int32Array;

  constructor(grid: Model['grid']) {
    const n = pixelCount(grid);
    this.#n = n;
    this.#words = wordsPerImage(grid);
    this.#bases = Int32Array.from({ length: n }, (_, i) => i * n);
    this.#pixels = new Int32Array(n);
    this.#rows = new Int32Array(n);
  }

  add(images: PackedImages, m: number, share: number, into: PairTable, diagonalOnly: boolean): void {
    const pixels = this.#pixels;
    const count = listOn(images.words, m * this.#words, this.#words, this.#bases, pixels, this.#rows);
    if (diagonalOnly) {
      for (let a = 0; a < count; a++) into[pixels[a] * (this.#n + 1)] += share;
      return;
    }
    for (let a = 0; a < count; a++) {
      const row = this.#rows[a];
      for (let b = a; b < count; b++) into[row + pixels[b]] += share;
    }
  }
}
