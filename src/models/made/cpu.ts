import { pixelCount, wordsPerImage, type PackedImages } from '../../data/images.ts';
import type { Model } from '../model.ts';
import { addRows, BLOCK, Inputs, type Layer } from './layer.ts';
import { ensembleOrders, isDirect, layerNames, placeDirect, unitDegrees, unitsBelow } from './masks.ts';

/** What all orders share: the weights as f64 and the degrees of the hidden units. */
export class Shared {
  readonly n: number;
  readonly hidden: number;
  readonly degrees: Int32Array;
  /** [n + 1], see masks.ts. */
  readonly below: Int32Array;
  readonly orders: readonly Uint32Array<ArrayBuffer>[];
  /** By layer. */
  readonly weights: readonly Float64Array[];
  readonly biases: readonly Float64Array[];

  constructor(readonly model: Model) {
    const { grid, hyper, tensors } = model;
    this.n = pixelCount(grid);
    this.hidden = hyper.hidden;
    this.degrees = unitDegrees(this.n, this.hidden);
    this.below = unitsBelow(this.degrees, this.n);
    this.orders = ensembleOrders(grid, hyper);
    const names = Array.from({ length: hyper.layers }, (_, l) => layerNames(l + 1));
    this.weights = names.map(({ weight }) => Float64Array.from(tensors[weight]));
    this.biases = names.map(({ bias }) => Float64Array.from(tensors[bias]));
  }
}

/** The network in one order. Its pixels are numbered by their places in that order. */
export class Network {
  readonly order: Uint32Array<ArrayBuffer>;
  /** Hidden layers, then the output. */
  readonly layers: readonly Layer[];
  /** From places straight to the outputs of later ones, added to what the last layer gives them; null where there are no such connections. */
  readonly direct: Layer | null;

  constructor(
    readonly shared: Shared,
    /** Number of the order. */
    readonly number: number,
  ) {
    const { n, hidden, degrees, below, model } = shared;
    const order = shared.orders[number];
    this.order = order;
    const units = Int32Array.from({ length: hidden }, (_, j) => j * hidden);
    const unitFirsts = degrees.map((degree) => below[degree]);
    this.layers = [
      ...shared.weights.map((source, l) => ({
        source,
        bias: shared.biases[l],
        bases: l === 0 ? Int32Array.from(order, (pixel) => pixel * hidden) : units,
        firsts: l === 0 ? below.subarray(0, n) : unitFirsts,
      })),
      {
        source: outputsByUnit(model.tensors.output, order, hidden),
        bias: Float64Array.from(order, (pixel) => model.tensors.output_bias[pixel]),
        bases: Int32Array.from({ length: hidden }, (_, k) => k * n),
        firsts: degrees.map((degree) => degree + 1),
      },
    ];
    const { bias } = this.layers[this.layers.length - 1];
    this.direct = isDirect(model.hyper)
      ? {
          source: new Float64Array(n * n),
          bias,
          bases: Int32Array.from({ length: n }, (_, t) => t * n),
          firsts: Int32Array.from({ length: n }, (_, t) => t + 1),
        }
      : null;
    if (this.direct) placeDirect(model.tensors.direct, order, this.direct.source, n);
  }

  /** Buffers for the inputs of one image at every layer. */
  inputs(): readonly Inputs[] {
    return this.layers.map(({ bases }) => new Inputs(bases.length));
  }

  /** Lists the places of one image that are on. */
  look(images: PackedImages, image: number, seen: Inputs): void {
    const start = image * wordsPerImage(images.grid);
    seen.count = 0;
    for (let t = 0; t < this.order.length; t++) {
      const pixel = this.order[t];
      if ((images.words[start + (pixel >> 5)] >>> (pixel & 31)) & 1) seen.push(t, 1);
    }
  }

  /**
   * Runs the images from `first` on through all layers, one for every entry of `inputs`, and lists their layers' inputs there. `use` gets
   * the logits of places `from` to `end - 1` of one image, at the beginning of `z`.
   */
  forward(
    images: PackedImages,
    first: number,
    inputs: readonly (readonly Inputs[])[],
    use: (m: number, from: number, end: number, z: Float64Array) => void,
  ): void {
    inputs.forEach((layers, m) => this.look(images, first + m, layers[0]));
    this.layers.forEach((layer, l) => {
      if (l + 1 === this.layers.length) {
        multiply(layer, inputs, l, use, this.direct);
        return;
      }
      for (const layers of inputs) layers[l + 1].count = 0;
      multiply(layer, inputs, l, (m, from, end, sums) => {
        const next = inputs[m][l + 1];
        for (let k = from; k < end; k++) if (sums[k - from] > 0) next.push(k, sums[k - from]);
      });
    });
  }
}

/** The outputs of layer `l` of all images, block by block; `direct` adds to them what the first layer's inputs do. */
function multiply(
  layer: Layer,
  inputs: readonly (readonly Inputs[])[],
  l: number,
  use: (m: number, from: number, end: number, sums: Float64Array) => void,
  direct: Layer | null = null,
): void {
  const { bias } = layer;
  const sums = new Float64Array(BLOCK);
  for (let from = 0; from < bias.length; from += BLOCK) {
    const end = Math.min(bias.length, from + BLOCK);
    for (let m = 0; m < inputs.length; m++) {
      for (let i = from; i < end; i++) sums[i - from] = bias[i];
      addRows(sums, -from, layer, inputs[m][l], from, end);
      if (direct) addRows(sums, -from, direct, inputs[m][0], from, end);
      use(m, from, end, sums);
    }
  }
}

/** `output` [n, hidden] by unit and place: [hidden, n]. */
function outputsByUnit(output: Float32Array, order: Uint32Array, hidden: number): Float64Array {
  const n = order.length;
  const turned = new Float64Array(n * hidden);
  for (let from = 0; from < n; from += 16) {
    const end = Math.min(n, from + 16);
    for (let k = 0; k < hidden; k++) {
      for (let t = from; t < end; t++) turned[k * n + t] = output[order[t] * hidden + k];
    }
  }
  return turned;
}
