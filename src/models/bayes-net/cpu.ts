/**
 * The loops of reference.ts, touching only what differs from the blank image: an on-pixel sets its bit in the
 * table index of each of its children, and only pixels that are on or have an on-parent are looked up. About
 * 250 of the 784 pixels of a digit.
 */
import type { Grid, PackedImages } from '../../data/images.ts';
import { setPixel, wordsPerImage } from '../../data/images.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import { softplus } from '../shared/math.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { CpuCounter } from '../cpu-training.ts';
import type { Hyper, Model } from '../model.ts';
import type { Structure } from './layout.ts';
import { structureOf } from './layout.ts';
import { OUTSIDE } from './parents.ts';
import { smoothTables } from './smoothing.ts';

const MAX_LISTED = 2 ** 14;

/**
 * Every pixel with its children, itself counted as the first: a pixel's `state` is
 * 2 * (index into its table) + (the pixel itself).
 */
class Network {
  readonly n: number;
  /** [n + 1]: pixel j feeds links linkStarts[j] to linkStarts[j + 1] - 1 */
  readonly linkStarts: Uint32Array;
  readonly linkPixels: Int32Array;
  readonly linkBits: Int32Array;
  /** [n], 0 outside calls */
  readonly state: Int32Array;
  /** The pixels whose state is not 0, in no order; `touchedCount` of them. */
  readonly touched: Int32Array;
  touchedCount = 0;

  constructor({ parents }: Structure) {
    this.n = parents.length;
    const children: { pixel: number; bit: number }[][] = parents.map((_, i) => [{ pixel: i, bit: 1 }]);
    parents.forEach((list, i) => {
      list.forEach((parent, b) => {
        if (parent !== OUTSIDE) children[parent].push({ pixel: i, bit: 2 << b });
      });
    });
    const links = children.flat();
    this.linkStarts = new Uint32Array(this.n + 1);
    children.forEach((list, j) => (this.linkStarts[j + 1] = this.linkStarts[j] + list.length));
    this.linkPixels = Int32Array.from(links, (link) => link.pixel);
    this.linkBits = Int32Array.from(links, (link) => link.bit);
    this.state = new Int32Array(this.n);
    this.touched = new Int32Array(this.n);
  }

  /** Fills `state` and `touched` for one image. */
  read(images: PackedImages, image: number): void {
    const { linkStarts, linkPixels, linkBits, state, touched } = this;
    const stride = wordsPerImage(images.grid);
    let count = 0;
    for (let w = 0; w < stride; w++) {
      let word = images.words[image * stride + w];
      while (word !== 0) {
        const j = (w << 5) + 31 - Math.clz32(word & -word);
        word &= word - 1;
        const end = linkStarts[j + 1];
        for (let link = linkStarts[j]; link < end; link++) {
          const pixel = linkPixels[link];
          if (state[pixel] === 0) touched[count++] = pixel;
          state[pixel] += linkBits[link];
        }
      }
    }
    this.touchedCount = count;
  }

  /** Makes `state` 0 again. */
  clear(): void {
    for (let t = 0; t < this.touchedCount; t++) this.state[this.touched[t]] = 0;
  }
}

/** Opens a model of this folder for scoring and sampling. */
export function openCpu(model: Model): CpuModel {
  const table = model.tensors.logit;
  const structure = structureOf(model);
  const { tables, order } = structure;
  const network = new Network(structure);
  const { n, state, touched } = network;
  const blankLoss = Float64Array.from({ length: n }, (_, i) => softplus(table[tables[i]]));
  const blankTotal = blankLoss.reduce((sum, loss) => sum + loss, 0);
  const blankLogits = Float32Array.from({ length: n }, (_, i) => table[tables[i]]);

  // -log p(x_i) in nats by state, where the tables are small enough to be listed: [2 * entries].
  const losses =
    table.length <= MAX_LISTED
      ? Float64Array.from({ length: 2 * table.length }, (_, s) =>
          softplus(s & 1 ? -table[s >> 1] : table[s >> 1]),
        )
      : null;

  /** -log p in nats of the image that `network` has read. The product of 1 + exp(-|z|) saves logarithms. */
  function lossOfRead(): number {
    let loss = blankTotal;
    if (losses) {
      for (let t = 0; t < network.touchedCount; t++) {
        const i = touched[t];
        loss += losses[2 * tables[i] + state[i]] - blankLoss[i];
      }
      return loss;
    }
    let product = 1;
    for (let t = 0; t < network.touchedCount; t++) {
      const i = touched[t];
      const s = state[i];
      const z = table[tables[i] + (s >> 1)];
      const against = s & 1 ? -z : z;
      loss += (against > 0 ? against : 0) - blankLoss[i];
      product *= 1 + Math.exp(-Math.abs(z));
      if (product > 1e280) {
        loss += Math.log(product);
        product = 1;
      }
    }
    return loss + Math.log(product);
  }

  return {
    logLikelihood(images) {
      const result = new Float64Array(images.count);
      for (let m = 0; m < images.count; m++) {
        network.read(images, m);
        result[m] = -lossOfRead();
        network.clear();
      }
      return result;
    },
    conditionalLogits(images) {
      const result = new Float32Array(images.count * n);
      for (let m = 0; m < images.count; m++) {
        result.set(blankLogits, m * n);
        network.read(images, m);
        for (let t = 0; t < network.touchedCount; t++) {
          const i = touched[t];
          result[m * n + i] = table[tables[i] + (state[i] >> 1)];
        }
        network.clear();
      }
      return result;
    },
    sampler(request) {
      const { linkStarts, linkPixels, linkBits } = network;
      const states = new Int32Array(request.indices.length * n);
      return ancestralSampler(model.grid, request, {
        block: model.grid.width,
        order: () => order,
        decide(images, image, from, to, uniforms) {
          const start = image * n;
          for (let place = from; place < to; place++) {
            const i = order[place];
            const z = table[tables[i] + (states[start + i] >> 1)];
            if (!fires(z / request.temperature, uniforms[place - from])) continue;
            setPixel(images, image, i, 1);
            const end = linkStarts[i + 1];
            for (let link = linkStarts[i]; link < end; link++) {
              states[start + linkPixels[link]] += linkBits[link];
            }
          }
        },
      });
    },
  };
}

/** Counts the tables of a family whose parents are known. At most 2^32 - 1 images, or pixels where they share a table. */
export function cpuCounter(family: string, grid: Grid, hyper: Hyper): CpuCounter {
  const structure = structureOf({ family, grid, hyper, tensors: {} });
  const { tables } = structure;
  const network = new Network(structure);
  const { n, state, touched } = network;
  // How often each state of each pixel was seen; entry 2 * e is "off at table entry e", 2 * e + 1 "on".
  const counts = new Uint32Array(2 * tables[n]);
  let images = 0;
  return {
    add(batch) {
      for (let m = 0; m < batch.count; m++) {
        network.read(batch, m);
        for (let t = 0; t < network.touchedCount; t++) {
          const i = touched[t];
          counts[2 * tables[i] + state[i]]++;
        }
        network.clear();
      }
      images += batch.count;
    },
    finish() {
      const on = new Uint32Array(tables[n]).map((_, entry) => counts[2 * entry + 1]);
      const off = on.map((_, entry) => counts[2 * entry]);
      return { logit: smoothTables(family, hyper, tables, { on, off, images }) };
    },
  };
}
