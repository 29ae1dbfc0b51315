/**
 * The baseline: a straightforward FVSBN on one thread with typed arrays, which visits only the pixels that are
 * on. It shares no code with the engine.
 */
import type { PackedImages } from '../../src/data/images.ts';
import { randomWords, Stream, streamKey, uniform } from '../../src/data/rng.ts';
import type { Tensors } from '../../src/models/model.ts';

export class PlainFvsbn {
  readonly #n: number;
  readonly #bias: Float32Array;
  readonly #weight: Float32Array;
  readonly #z: Float32Array;
  readonly #on: Int32Array;
  readonly #moments: readonly Float32Array[];
  readonly #gradients: readonly Float32Array[];
  #step = 0;

  constructor(n: number, tensors: Tensors) {
    this.#n = n;
    this.#bias = tensors.bias.slice();
    this.#weight = tensors.weight.slice();
    this.#z = new Float32Array(n);
    this.#on = new Int32Array(n);
    const zeros = () => [new Float32Array(n), new Float32Array(this.#weight.length)];
    this.#moments = [...zeros(), ...zeros()];
    this.#gradients = zeros();
  }

  /** log p in nats, [count]. */
  score(images: PackedImages): number[] {
    return Array.from({ length: images.count }, (_, m) => this.#read(images, m));
  }

  /** Draws `count` images one after the other: [count, n] of 0 and 1. */
  sample(count: number, seed: number): number[] {
    const n = this.#n;
    const z = this.#z;
    const words = new Uint32Array(n);
    const bits = new Array<number>(count * n).fill(0);
    for (let m = 0; m < count; m++) {
      randomWords(seed, streamKey(Stream.sample), m, words);
      z.set(this.#bias);
      for (let i = 0; i < n; i++) {
        if (uniform(words[i]) >= 1 / (1 + Math.exp(-z[i]))) continue;
        bits[m * n + i] = 1;
        this.#addRow(i);
      }
    }
    return bits;
  }

  /** One Adam step on the images of a batch; returns their summed -log p in nats before it. */
  step(images: PackedImages, learningRate: number): number {
    const [biasGradient, weightGradient] = this.#gradients;
    biasGradient.fill(0);
    weightGradient.fill(0);
    const n = this.#n;
    const z = this.#z;
    const scale = 1 / images.count;
    let loss = 0;
    for (let m = 0; m < images.count; m++) {
      loss -= this.#read(images, m);
      const stride = images.words.length / images.count;
      let on = 0;
      for (let i = 0; i < n; i++) {
        const x = (images.words[m * stride + (i >> 5)] >>> (i & 31)) & 1;
        if (x) this.#on[on++] = i;
        z[i] = (1 / (1 + Math.exp(-z[i])) - x) * scale;
        biasGradient[i] += z[i];
      }
      for (let k = 0; k < on; k++) {
        const j = this.#on[k];
        const row = this.#row(j);
        for (let i = j + 1; i < n; i++) weightGradient[row + i] += z[i];
      }
    }
    this.#step++;
    this.#adam(this.#bias, biasGradient, this.#moments[0], this.#moments[2], learningRate);
    this.#adam(this.#weight, weightGradient, this.#moments[1], this.#moments[3], learningRate);
    return loss;
  }

  /** Leaves the logits of image m in z and returns its log p. */
  #read(images: PackedImages, m: number): number {
    const n = this.#n;
    const z = this.#z;
    const stride = images.words.length / images.count;
    z.set(this.#bias);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const on = (images.words[m * stride + (i >> 5)] >>> (i & 31)) & 1;
      const logit = z[i];
      sum += (on ? logit : 0) - (Math.max(logit, 0) + Math.log(1 + Math.exp(-Math.abs(logit))));
      if (on) this.#addRow(i);
    }
    return sum;
  }

  /** Offset of row j such that adding i gives the weight from pixel j to pixel i. */
  #row(j: number): number {
    return j * (this.#n - 1) - (j * (j - 1)) / 2 - j - 1;
  }

  #addRow(j: number): void {
    const z = this.#z;
    const weight = this.#weight;
    const row = this.#row(j);
    for (let i = j + 1; i < this.#n; i++) z[i] += weight[row + i];
  }

  #adam(values: Float32Array, gradient: Float32Array, m: Float32Array, v: Float32Array, rate: number): void {
    const first = 1 - 0.9 ** this.#step;
    const second = 1 - 0.999 ** this.#step;
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i];
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.999 * v[i] + 0.001 * g * g;
      values[i] -= (rate * (m[i] / first)) / (Math.sqrt(v[i] / second) + 1e-8);
    }
  }
}
