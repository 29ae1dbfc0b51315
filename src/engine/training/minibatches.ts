import { CLASSES } from '../../data/images.ts';
import { permutation, Stream, streamKey } from '../../data/rng.ts';

/** Seeds the order of the batches of a class-conditional epoch independently of the order within them. */
const BATCH_SALT = 0x5bd1e995;

/** The minibatches of a run: a function of the job alone. */
export class Minibatches {
  readonly stepsPerEpoch: number;
  readonly #groups: readonly Uint32Array<ArrayBuffer>[];
  readonly #batchSize: number;
  readonly #seed: number;
  #epoch = -1;
  #batches: Uint32Array<ArrayBuffer>[] = [];

  /** `labels` of the whole data set where all images of a batch must be of one class; else null. */
  constructor(rows: Uint32Array<ArrayBuffer>, batchSize: number, seed: number, labels: Uint8Array | null) {
    this.#groups = labels
      ? Array.from({ length: CLASSES }, (_, y) => rows.filter((row) => labels[row] === y))
      : [rows];
    this.#batchSize = batchSize;
    this.#seed = seed;
    this.stepsPerEpoch = this.#groups.reduce((sum, group) => sum + Math.ceil(group.length / batchSize), 0);
  }

  /** Rows of one step, at most batchSize. Every epoch takes each row once, in an order of its own. */
  batch(epoch: number, step: number): Uint32Array<ArrayBuffer> {
    if (this.#epoch !== epoch) {
      this.#batches = this.#draw(epoch);
      this.#epoch = epoch;
    }
    return this.#batches[step];
  }

  #draw(epoch: number): Uint32Array<ArrayBuffer>[] {
    const key = streamKey(Stream.shuffle, epoch);
    const batches = this.#groups.flatMap((group) => {
      const shuffled = permutation(group.length, this.#seed, key).map((place) => group[place]);
      return Array.from({ length: Math.ceil(group.length / this.#batchSize) }, (_, i) =>
        shuffled.slice(i * this.#batchSize, (i + 1) * this.#batchSize),
      );
    });
    if (this.#groups.length === 1) return batches;
    return [...permutation(batches.length, this.#seed ^ BATCH_SALT, key)].map((place) => batches[place]);
  }
}
