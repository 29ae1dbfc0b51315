import type { PackedImages } from '../../data/images.ts';
import { pixelCount, wordsPerImage } from '../../data/images.ts';
import { addRows, listOn } from '../shared/on-pixels.ts';
import { logSoftmax, softplus } from '../shared/math.ts';
import type { Model } from '../model.ts';

/**
 * log p(x, k) of all components as sums over the pixels that are on: an on-pixel adds its row of logits to what the blank image
 * has, because log theta - log(1 - theta) is the logit.
 */
export class JointReader {
  readonly n: number;
  /** K */
  readonly components: number;
  /** log pi, [K] */
  readonly logWeights: Float64Array<ArrayBuffer>;
  /** log p(x, k) of the image read last, [K] */
  readonly joint: Float64Array<ArrayBuffer>;
  /** The pixels that it has on, the first `onCount`. */
  readonly onPixels: Int32Array;
  onCount = 0;
  readonly #logit: Float32Array;
  /** log p(blank image, k), [K] */
  readonly #blank: Float64Array<ArrayBuffer>;
  readonly #bases: Int32Array;
  readonly #rows: Int32Array;

  constructor(model: Model) {
    const { weight, logit } = model.tensors;
    const n = pixelCount(model.grid);
    const K = weight.length;
    this.n = n;
    this.components = K;
    this.#logit = logit;
    this.logWeights = logSoftmax(Float64Array.from(weight));
    this.#blank = this.logWeights.slice();
    for (let at = 0; at < n * K; at++) this.#blank[at % K] -= softplus(logit[at]);
    this.joint = new Float64Array(K);
    this.onPixels = new Int32Array(n);
    this.#bases = Int32Array.from({ length: n }, (_, i) => i * K);
    this.#rows = new Int32Array(n);
  }

  /** Fills `joint` for one image; returns the largest of them. */
  read(images: PackedImages, image: number): number {
    const { joint, components, onPixels } = this;
    const stride = wordsPerImage(images.grid);
    this.onCount = listOn(images.words, image * stride, stride, this.#bases, onPixels, this.#rows);
    joint.set(this.#blank);
    addRows(joint, 0, this.#logit, this.#rows, 0, this.onCount, 0, components);
    let most = joint[0];
    for (let k = 1; k < components; k++) if (joint[k] > most) most = joint[k];
    return most;
  }
}
