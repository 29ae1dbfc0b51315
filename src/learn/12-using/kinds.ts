import { pixelMeans } from '../../data/dataset.ts';
import { getPixel, type PackedImages, pixelCount } from '../../data/images.ts';
import { randomWords, Stream, streamKey, uniform } from '../../data/rng.ts';
import { yieldToEventLoop } from '../../data/slices.ts';
import { initialise, reference } from '../../models/mixture/reference.ts';
import { logSoftmax, logSumExp, sigmoid } from '../../models/shared/math.ts';

/** Values of pixels, [n]: 1 ink, 0 paper. */
type Pixels = ArrayLike<number>;

/** A mixture: an image is of one of K kinds, and within a kind every pixel is an independent coin. */
export class Kinds {
  readonly count: number;
  readonly n: number;
  readonly logWeights: Float64Array<ArrayBuffer>;
  /** Chance of ink of every pixel within every kind, [K, n]. */
  readonly shares: Float64Array<ArrayBuffer>;
  readonly #ink: Float64Array<ArrayBuffer>;
  readonly #paper: Float64Array<ArrayBuffer>;

  /** `weights` [K] sum to 1; `shares` [K, n] lie between 0 and 1. */
  constructor(weights: ArrayLike<number>, shares: ArrayLike<number>) {
    this.count = weights.length;
    this.n = shares.length / weights.length;
    this.logWeights = Float64Array.from(weights, Math.log);
    this.shares = Float64Array.from(shares);
    this.#ink = this.shares.map(Math.log);
    this.#paper = this.shares.map((share) => Math.log1p(-share));
  }

  /** log p(known pixels, kind) in nats, [K]; `known` [n] is 1 where a pixel is known, null where all are. Hidden pixels drop out. */
  logJoint(x: Pixels, known: Pixels | null): Float64Array<ArrayBuffer> {
    return this.logWeights.map((log, k) => {
      let sum = log;
      for (let i = 0, at = k * this.n; i < this.n; i++, at++)
        if (!known || known[i]) sum += x[i] ? this.#ink[at] : this.#paper[at];
      return sum;
    });
  }

  /** log p(known pixels) in nats. */
  logP(x: Pixels, known: Pixels | null = null): number {
    return logSumExp(this.logJoint(x, known));
  }

  /** p(kind given the known pixels), [K]. */
  posterior(x: Pixels, known: Pixels | null = null): Float64Array<ArrayBuffer> {
    return logSoftmax(this.logJoint(x, known)).map(Math.exp);
  }

  /** p(ink given the known pixels) of every pixel were it hidden, [n]: the kinds' shares, weighted by their posterior. */
  inkGiven(posterior: Float64Array): Float64Array<ArrayBuffer> {
    const ink = new Float64Array(this.n);
    posterior.forEach((chance, k) => {
      for (let i = 0; i < this.n; i++) ink[i] += chance * this.shares[k * this.n + i];
    });
    return ink;
  }

  /** Draws completion number `index`: a kind from its posterior, then every hidden pixel independently, [n]. */
  complete(
    x: Pixels,
    known: Pixels,
    posterior: Float64Array,
    seed: number,
    index: number,
  ): Uint8Array<ArrayBuffer> {
    const words = new Uint32Array(this.n + 1);
    randomWords(seed, streamKey(Stream.completion), index, words);
    const u = uniform(words[this.n]);
    let sum = 0;
    const drawn = posterior.findIndex((chance) => u < (sum += chance));
    const kind = drawn < 0 ? this.count - 1 : drawn;
    return Uint8Array.from({ length: this.n }, (_, i) =>
      known[i] ? x[i] : Number(uniform(words[i]) < this.shares[kind * this.n + i]),
    );
  }
}

/** How many kinds a posterior amounts to: the exponential of its entropy, 1 for certainty, K where all are equally likely. */
export function kindsInPlay(posterior: Float64Array): number {
  return Math.exp(-posterior.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0));
}

const STRENGTH = 1;

/**
 * Fits `count` kinds by `iterations` of EM from seed 1; other work of the thread goes on in between. `onProgress` is given 0 to 1. One kind
 * is the model of independent pixels. Throws the signal's reason where it is aborted.
 */
export async function fitKinds(
  images: PackedImages,
  count: number,
  iterations: number,
  signal: AbortSignal,
  onProgress: (done: number) => void = () => undefined,
): Promise<Kinds> {
  const { grid } = images;
  const hyper = { components: count, strength: STRENGTH };
  if (!reference.emIteration) throw new Error('mixture: there is no EM');
  let tensors = initialise(grid, hyper, pixelMeans(images), 1);
  for (let iteration = 0; iteration < iterations; iteration++) {
    signal.throwIfAborted();
    const pass = reference.emIteration({ family: 'mixture', grid, hyper, tensors });
    pass.add(images);
    tensors = pass.finish();
    onProgress((iteration + 1) / iterations);
    await yieldToEventLoop();
  }
  signal.throwIfAborted();
  const n = pixelCount(grid);
  const { weight, logit } = tensors;
  return new Kinds(
    logSoftmax(Float64Array.from(weight)).map(Math.exp),
    Float64Array.from({ length: count * n }, (_, at) =>
      sigmoid(logit[(at % n) * count + Math.floor(at / n)]),
    ),
  );
}

/** The pixels of image `at`, [n]. */
export function pixelsOf(images: PackedImages, at: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: pixelCount(images.grid) }, (_, i) => getPixel(images, at, i));
}
