/** Scoring, reading and sampling as in reference.ts, touching only the rows of pixels that are on. */
import type { PackedImages } from '../../data/images.ts';
import { getPixel, setPixel } from '../../data/images.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import { logSumExp, sigmoid, softplus } from '../shared/math.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import type { CpuSampler, SampleRequest } from '../sampling.ts';
import { componentReading } from '../shared/component-reading.ts';
import { drawComponents } from '../shared/components.ts';
import { components } from './features.ts';
import { JointReader } from './joint.ts';

export function openCpu(model: Model): CpuModel {
  const reader = new JointReader(model);
  return {
    ...componentReading(reader, () => new Conditionals(model, reader.logWeights)),
    features: components(model),
    sampler: (request) => componentSampler(model, request),
  };
}

/** Below this share of the whole a sum of products has lost digits; log-sum-exp replaces it. */
const SMALL = 1e-6;

/** Conditionals by weights of the components that every pixel updates: K exponentials a pixel. */
class Conditionals {
  readonly #n: number;
  readonly #components: number;
  /** theta, [n, K] */
  readonly #probability: Float64Array;
  /** log(1 - theta), [n, K] */
  readonly #logOff: Float64Array;
  readonly #logit: Float32Array;
  /** log p(x_<i, k), [K] */
  readonly #joint: Float64Array;

  constructor(
    model: Model,
    readonly logWeights: Float64Array,
  ) {
    this.#logit = model.tensors.logit;
    this.#components = logWeights.length;
    this.#n = this.#logit.length / this.#components;
    this.#probability = Float64Array.from(this.#logit, sigmoid);
    this.#logOff = Float64Array.from(this.#logit, (z) => -softplus(z));
    this.#joint = new Float64Array(this.#components);
  }

  /** The logits of p(x_i = 1 | x_<i) of one image into `out`, [n]. */
  read(images: PackedImages, image: number, out: Float32Array): void {
    const joint = this.#joint;
    const K = this.#components;
    joint.set(this.logWeights);
    let most = joint.reduce((a, b) => Math.max(a, b));
    for (let i = 0; i < this.#n; i++) {
      const row = i * K;
      let whole = 0;
      let on = 0;
      for (let k = 0; k < K; k++) {
        const weight = Math.exp(joint[k] - most);
        whole += weight;
        on += weight * this.#probability[row + k];
      }
      const off = whole - on;
      out[i] =
        on > SMALL * whole && off > SMALL * whole
          ? Math.log(on / off)
          : this.#logShare(row, 1) - this.#logShare(row, 0);
      const x = getPixel(images, image, i);
      most = -Infinity;
      for (let k = 0; k < K; k++) {
        joint[k] += this.#logOff[row + k] + x * this.#logit[row + k];
        if (joint[k] > most) most = joint[k];
      }
    }
  }

  /** log p(x_<i, x_i = x), summed over the components by logarithms; `row` is i K. */
  #logShare(row: number, x: number): number {
    const joint = this.#joint;
    return logSumExp(joint.map((nats, k) => nats + this.#logOff[row + k] + x * this.#logit[row + k]));
  }
}

/** Pixels of one image decided together. */
const BLOCK = 64;

/** The component first, from its own stream; given it, pixels are independent. */
function componentSampler(model: Model, request: SampleRequest): CpuSampler {
  const { weight, logit } = model.tensors;
  const components = drawComponents(weight, request);
  return ancestralSampler(model.grid, request, {
    block: BLOCK,
    decide(images, image, from, to, uniforms) {
      for (let i = from; i < to; i++) {
        const z = logit[i * weight.length + components[image]];
        if (fires(z / request.temperature, uniforms[i - from])) setPixel(images, image, i, 1);
      }
    },
  });
}
