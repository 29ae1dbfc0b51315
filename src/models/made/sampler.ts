/**
 * Ancestral sampling, each image in an order drawn from its own random number. Units of degree t are final once place t is
 * decided; only then are their rows added to the units and logits that see them. So an image costs as many additions as scoring it.
 */
import { setPixel } from '../../data/images.ts';
import { randomWords, Stream, streamKey, uniform } from '../../data/rng.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import type { CpuSampler, SampleRequest } from '../sampling.ts';
import { addRow, addRows, BLOCK, Inputs } from './layer.ts';
import type { Network } from './cpu.ts';

/** The number of the order, below `orders`, in which image number `index` is drawn: floor(u orders). */
export function orderNumberOf(seed: number, index: number, orders: number): number {
  const word = new Uint32Array(1);
  randomWords(seed, streamKey(Stream.order), index, word);
  return Math.floor(uniform(word[0]) * orders);
}

export function sampler(networks: readonly Network[], request: SampleRequest): CpuSampler {
  const { n, hidden, below, biases, model } = networks[0].shared;
  const depth = biases.length;
  const count = request.indices.length;
  const drawnBy = Array.from(
    request.indices,
    (index) => networks[orderNumberOf(request.seed, index, networks.length)],
  );
  // Inputs of the units so far, [count, depth, hidden], and the logits of the current block, [count, BLOCK].
  const units = new Float64Array(count * depth * hidden);
  for (let m = 0; m < count; m++) biases.forEach((bias, l) => units.set(bias, (m * depth + l) * hidden));
  const z = new Float64Array(count * BLOCK);
  const settled = new Inputs(hidden);
  // The places of every image that are on, where pixels are seen directly.
  const seen = networks[0].direct ? Array.from({ length: count }, () => new Inputs(n)) : null;

  /** Adds the units of degree t to the deeper layers that see them and, up to place `end`, to the logits at `own`. */
  function settle({ layers }: Network, m: number, t: number, own: number, end: number): void {
    for (let l = 0; l < depth; l++) {
      const at = (m * depth + l) * hidden;
      const { source, bases, firsts } = layers[l + 1];
      const deepest = l + 1 === depth;
      for (let k = below[t]; k < below[t + 1]; k++) {
        const value = units[at + k];
        if (!(value > 0)) continue;
        if (deepest) addRow(z, own, source, bases[k], value, firsts[k], end, end);
        else addRow(units, at + hidden, source, bases[k], value, firsts[k], hidden, hidden);
      }
    }
  }

  return ancestralSampler(model.grid, request, {
    block: BLOCK,
    order: (m) => drawnBy[m].order,
    decide(images, m, from, to, uniforms) {
      const network = drawnBy[m];
      const { order, layers, direct } = network;
      const start = from - (from % BLOCK);
      const end = Math.min(n, start + BLOCK);
      const own = m * BLOCK - start;
      if (from === start) {
        const output = layers[depth];
        const at = (m * depth + depth - 1) * hidden;
        settled.count = 0;
        for (let k = 0; k < below[start]; k++) if (units[at + k] > 0) settled.push(k, units[at + k]);
        for (let t = start; t < end; t++) z[own + t] = output.bias[t];
        addRows(z, own, output, settled, start, end);
        if (direct && seen) addRows(z, own, direct, seen[m], start, end);
      }
      for (let t = from; t < to; t++) {
        if (fires(z[own + t] / request.temperature, uniforms[t - from])) {
          setPixel(images, m, order[t], 1);
          const { source, bases, firsts } = layers[0];
          addRow(units, m * depth * hidden, source, bases[t], 1, firsts[t], hidden, hidden);
          if (direct && seen) {
            seen[m].push(t, 1);
            addRow(z, own, direct.source, direct.bases[t], 1, direct.firsts[t], end, end);
          }
        }
        settle(network, m, t, own, end);
      }
    },
  });
}
