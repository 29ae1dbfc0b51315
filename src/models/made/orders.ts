/** Scoring as in reference.ts: a mixture of the orders in equal shares. */
import { pixelCount, type PackedImages } from '../../data/images.ts';
import type { Simd } from '../../simd/simd.ts';
import { softplusSum } from '../shared/exp-tables.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import { firstLayer } from './features.ts';
import { inputGradient } from './input-gradient.ts';
import type { Inputs } from './layer.ts';
import { Network, Shared } from './cpu.ts';
import { type OrderScores, rowScores } from './row-scores.ts';
import { openRowSampler } from './row-sampler.ts';
import { sampler } from './sampler.ts';

/** Images that go through a layer together. */
const TILE = 64;

/** Opens a model of this family for scoring and sampling. */
export function openEnsemble(model: Model, simd?: Simd | null): CpuModel {
  const networks = openOrders(model);
  const orders = (simd && rowScores(model, simd)) ?? networks;
  const n = pixelCount(model.grid);
  let drawByRows: ReturnType<typeof openRowSampler> | undefined;
  return {
    logLikelihood(images) {
      const logs = orders.map((each) => each.logLikelihood(images));
      return Float64Array.from({ length: images.count }, (_, m) => average(logs, m).logLikelihood);
    },
    conditionalLogits(images) {
      if (orders.length === 1) return orders[0].logits(images);
      const logs = orders.map((each) => each.logLikelihood(images));
      const all = orders.map((each) => each.logits(images));
      const result = new Float32Array(images.count * n);
      for (let m = 0; m < images.count; m++) {
        const { best } = average(logs, m);
        result.set(all[best].subarray(m * n, (m + 1) * n), m * n);
      }
      return result;
    },
    features: firstLayer(model),
    ...(orders.length === 1 ? { inputGradient: (images, pixel) => inputGradient(model, images, pixel) } : {}),
    sampler(request) {
      if (drawByRows === undefined) drawByRows = simd ? openRowSampler(model, simd) : null;
      if (drawByRows) return drawByRows(request);
      return sampler(
        networks.map((each) => each.network()),
        request,
      );
    },
  };
}

/** The model in each of its orders. */
export function openOrders(model: Model): readonly OrderModel[] {
  let shared: Shared | null = null;
  return Array.from(
    { length: model.hyper.orders },
    (_, o) => new OrderModel(() => new Network((shared ??= new Shared(model)), o)),
  );
}

/** The model in one order; its network is made at the first call. */
export class OrderModel implements OrderScores {
  #network: Network | null = null;
  #inputs: readonly (readonly Inputs[])[] = [];

  constructor(private readonly make: () => Network) {}

  network(): Network {
    return (this.#network ??= this.make());
  }

  /** log p_o of every image in nats, [count]. */
  logLikelihood(images: PackedImages): Float64Array<ArrayBuffer> {
    const result = new Float64Array(images.count);
    this.#read(images, (m, from, end, z, seen) => {
      result[m] += sumOfOn(z, seen, from, end) - softplusSum(z, 0, end - from);
    });
    return result;
  }

  /** Logits of p_o(x_i = 1 | pixels before it), [count, n]. */
  logits(images: PackedImages): Float32Array<ArrayBuffer> {
    const { order } = this.network();
    const n = order.length;
    const result = new Float32Array(images.count * n);
    this.#read(images, (m, from, end, z) => {
      for (let t = from; t < end; t++) result[m * n + order[t]] = z[t - from];
    });
    return result;
  }

  #read(
    images: PackedImages,
    use: (m: number, from: number, end: number, z: Float64Array, seen: Inputs) => void,
  ): void {
    const network = this.network();
    const tile = Math.min(TILE, images.count);
    if (this.#inputs.length < tile) this.#inputs = Array.from({ length: tile }, () => network.inputs());
    for (let first = 0; first < images.count; first += TILE) {
      const inputs = this.#inputs.slice(0, Math.min(TILE, images.count - first));
      network.forward(images, first, inputs, (m, from, end, z) => use(first + m, from, end, z, inputs[m][0]));
    }
  }
}

/** Sum of the logits of places that are on, z[0] being that of place `from`. */
export function sumOfOn(z: Float64Array, seen: Inputs, from: number, end: number): number {
  let low = 0;
  for (let high = seen.count; low < high;) {
    const middle = (low + high) >> 1;
    if (seen.numbers[middle] < from) low = middle + 1;
    else high = middle;
  }
  let sum = 0;
  for (let r = low; r < seen.count && seen.numbers[r] < end; r++) sum += z[seen.numbers[r] - from];
  return sum;
}

/** log of the mean of the orders' probabilities of image m, and the order in which it is likeliest: of equals, the first. */
export function average(logs: readonly Float64Array[], m: number): { logLikelihood: number; best: number } {
  let best = 0;
  for (let o = 1; o < logs.length; o++) if (logs[o][m] > logs[best][m]) best = o;
  // Impossible in every order: the differences below would be NaN.
  if (logs[best][m] === -Infinity) return { logLikelihood: -Infinity, best };
  let total = 0;
  for (const own of logs) total += Math.exp(own[m] - logs[best][m]);
  return { logLikelihood: logs[best][m] + Math.log(total / logs.length), best };
}
