import { pixelCount, type PackedImages, wordsPerImage } from '../../data/images.ts';
import { bytesFor, matrix, type Matrix, type RowLists, type RowOperations } from '../../simd/rows.ts';
import type { Model, Tensors } from '../model.ts';
import { ensembleOrders, isDirect, layerNames, placeDirect, unitDegrees, unitsBelow } from './masks.ts';

/** Images that go through the network together. */
export const CHUNK = 128;
/** Places or units whose products are computed together, of those weights alone that one of them sees. */
const BLOCK = 64;

/** Rows begin at a multiple of four numbers; those beyond the last are zeros. */
const padded = (length: number) => Math.ceil(length / 4) * 4;

/**
 * The network in one order, its pixels numbered by their places. As places and units are sorted by degree, masked weights are
 * triangles: they stay 0 in the copies, and most of them are left out.
 */
export class RowNetwork {
  readonly n: number;
  readonly hidden: number;
  readonly layers: number;
  /** Numbers in a row of units, and in a row of places. */
  readonly width: number;
  readonly length: number;
  readonly order: Uint32Array<ArrayBuffer>;
  /** By layer: inputs by units, [n or hidden, width]; places by units, [n, width]. */
  readonly weights: readonly Matrix[];
  readonly output: Matrix;
  /** Places by later places, [n, length]; null where pixels are seen by hidden units alone. */
  readonly direct: Matrix | null;
  private readonly biases: readonly Matrix[];
  private readonly outputBias: Matrix;
  /** By layer, the first unit that each input reaches; by place, how many units it is predicted from, [n]. */
  readonly firsts: readonly Int32Array[];
  readonly below: Int32Array;
  /** The places of CHUNK images that are on, set by `look`. */
  readonly on: RowLists;

  /** Bytes of the networks of all orders. */
  static bytes({ grid, hyper }: Model): number {
    const n = pixelCount(grid);
    const { hidden, layers, orders } = hyper;
    const width = padded(hidden);
    const direct = isDirect(hyper) ? bytesFor(n * padded(n)) : 0;
    const shared = bytesFor(width) + (layers - 1) * bytesFor(hidden * width, width);
    return shared + orders * (direct + bytesFor(n * width, n * width, padded(n), CHUNK + 1, CHUNK * n));
  }

  /** The networks of all orders, which share the weights between hidden layers. */
  static all(rows: RowOperations, model: Model): readonly RowNetwork[] {
    const networks: RowNetwork[] = [];
    for (let o = 0; o < model.hyper.orders; o++)
      networks.push(new RowNetwork(rows, model, o, networks[0] ?? null));
    return networks;
  }

  private constructor(
    readonly rows: RowOperations,
    private readonly model: Model,
    number: number,
    private readonly other: RowNetwork | null,
  ) {
    const { grid, hyper } = model;
    this.n = pixelCount(grid);
    this.hidden = hyper.hidden;
    this.layers = hyper.layers;
    this.width = padded(this.hidden);
    this.length = padded(this.n);
    this.order = ensembleOrders(grid, hyper)[number];
    const degrees = unitDegrees(this.n, this.hidden);
    const below = unitsBelow(degrees, this.n);
    this.below = below.subarray(0, this.n);
    const ofUnits = degrees.map((degree) => below[degree]);
    this.firsts = Array.from({ length: this.layers }, (_, l) => (l === 0 ? this.below : ofUnits));
    this.weights = this.firsts.map(({ length }, l) =>
      l > 0 && other ? other.weights[l] : this.units(length),
    );
    this.biases = other?.biases ?? this.firsts.map(() => ({ ...this.units(1), stride: 0 }));
    this.output = this.units(this.n);
    this.outputBias = matrix(rows.floats(this.length), 0);
    this.direct = isDirect(hyper) ? this.places(this.n) : null;
    this.on = { starts: rows.integers(CHUNK + 1), indices: rows.integers(CHUNK * this.n) };
  }

  /** Zeros, [count, width] and [count, length]. */
  units(count: number): Matrix {
    return matrix(this.rows.floats(count * this.width), this.width);
  }

  places(count: number): Matrix {
    return matrix(this.rows.floats(count * this.length), this.length);
  }

  /** Takes the weights that the model has now. */
  read(): void {
    const { n, hidden, width, below, firsts, order, other } = this;
    const { tensors } = this.model;
    this.weights.forEach(({ values }, l) => {
      if (l > 0 && other) return;
      const { weight, bias } = layerNames(l + 1);
      this.biases[l].values.set(tensors[bias]);
      firsts[l].forEach((first, input) => {
        const from = (l === 0 ? order[input] : input) * hidden;
        values.set(tensors[weight].subarray(from + first, from + hidden), input * width + first);
      });
    });
    for (let t = 0; t < n; t++) {
      const from = order[t] * hidden;
      this.output.values.set(tensors.output.subarray(from, from + below[t]), t * width);
      this.outputBias.values[t] = tensors.output_bias[order[t]];
    }
    if (this.direct) placeDirect(tensors.direct, order, this.direct.values, this.length);
  }

  /** Lists the places of these images that are on. */
  look(images: PackedImages, numbers: ArrayLike<number>): void {
    const { order, on } = this;
    const stride = wordsPerImage(images.grid);
    let at = 0;
    for (let m = 0; m < numbers.length; m++) {
      const word = numbers[m] * stride;
      for (let t = 0; t < order.length; t++) {
        const pixel = order[t];
        if ((images.words[word + (pixel >> 5)] >>> (pixel & 31)) & 1) on.indices[at++] = t;
      }
      on.starts[m + 1] = at;
    }
  }

  /** Units of every layer, [layers][count, width], and logits by place, z of [count, length], of the images looked at. */
  forward(count: number, units: readonly Matrix[], z: Matrix): void {
    const { rows, width, weights, biases, firsts, output, outputBias } = this;
    for (let m = 0; m < count; m++) units[0].values.set(biases[0].values, m * width);
    rows.addSums(units[0], weights[0], this.on, count, width);
    rows.relu(units[0].values, units[0].values, count * width);
    for (let l = 1; l < units.length; l++) {
      for (let k = 0, inputs = 0; k < width; k += BLOCK) {
        const end = Math.min(width, k + BLOCK);
        while (inputs < firsts[l].length && firsts[l][inputs] < end) inputs++;
        const [to, bias] = [part(units[l], 0, k), part(biases[l], 0, k)];
        rows.multiply(to, units[l - 1], part(weights[l], 0, k), count, inputs, end - k, bias);
      }
      rows.relu(units[l].values, units[l].values, count * width);
    }
    const last = units[units.length - 1];
    this.eachBlock((t, size, seen) =>
      rows.multiplyTransposed(
        part(z, 0, t),
        last,
        part(output, t, 0),
        count,
        seen,
        size,
        part(outputBias, 0, t),
      ),
    );
    if (this.direct) rows.addSums(z, this.direct, this.on, count, this.length);
  }

  /**
   * The way back from d, the derivatives by the logits, [count, length]. Adds to `sums`, shaped as the weights and biases are here; units are
   * overwritten, and so is `errors`, [2][count, width].
   */
  back(
    count: number,
    units: readonly Matrix[],
    d: Matrix,
    errors: readonly [Matrix, Matrix],
    sums: Sums,
  ): void {
    const { rows, n, width, output, firsts, weights } = this;
    const last = units[units.length - 1];
    let [own, other] = errors;
    own.values.fill(0);
    this.eachBlock((t, size, seen) => {
      const errorsOf = part(d, 0, t);
      rows.multiply(own, errorsOf, part(output, t, 0), count, size, seen, own);
      rows.addTransposedProduct(part(sums.output, t, 0), errorsOf, last, count, size, seen);
    });
    rows.addColumnSums(sums.outputBias, d, count, n);
    if (sums.direct) rows.scatterSums(sums.direct, d, this.on, count, this.length);
    for (let l = units.length - 1; l >= 0; l--) {
      rows.reluBack(own.values, units[l].values, count * width);
      rows.addColumnSums(sums.biases[l], own, count, width);
      if (l === 0) rows.scatterSums(sums.weights[0], own, this.on, count, width);
      else {
        for (let j = 0; j < firsts[l].length; j += BLOCK) {
          const size = Math.min(BLOCK, firsts[l].length - j);
          const first = firsts[l][j] & ~3;
          const reached = part(own, 0, first);
          rows.multiplyTransposed(
            part(other, 0, j),
            reached,
            part(weights[l], j, first),
            count,
            width - first,
            size,
            null,
          );
          const to = part(sums.weights[l], j, first);
          rows.addTransposedProduct(to, part(units[l - 1], 0, j), reached, count, size, width - first);
        }
        [own, other] = [other, own];
      }
    }
  }

  /** Blocks of places, with how many units they are predicted from. */
  private eachBlock(work: (t: number, size: number, seen: number) => void): void {
    for (let t = 0; t < this.n; t += BLOCK) {
      const size = Math.min(BLOCK, this.n - t);
      work(t, size, padded(this.below[t + size - 1]));
    }
  }
}

/** Sums of derivatives, shaped as the weights of a RowNetwork. */
export class Sums {
  readonly weights: readonly Matrix[];
  readonly output: Matrix;
  readonly direct: Matrix | null;
  readonly biases: readonly Float32Array[];
  readonly outputBias: Float32Array;

  static bytes = (model: Model): number =>
    RowNetwork.bytes({ ...model, hyper: { ...model.hyper, orders: 1 } });

  constructor(private readonly network: RowNetwork) {
    this.weights = network.firsts.map(({ length }) => network.units(length));
    this.biases = network.firsts.map(() => network.units(1).values);
    this.output = network.units(network.n);
    this.outputBias = network.places(1).values;
    this.direct = network.direct && network.places(network.n);
  }

  clear(): void {
    for (const { values } of [...this.weights, this.output, ...(this.direct ? [this.direct] : [])])
      values.fill(0);
    for (const values of [...this.biases, this.outputBias]) values.fill(0);
  }

  /** Adds them to the model's gradients, without those of masked weights; they are those of a network in this order. */
  addTo(gradients: Tensors, order: Uint32Array): void {
    const { n, hidden, width, below, firsts } = this.network;
    this.weights.forEach(({ values }, l) => {
      const { weight, bias } = layerNames(l + 1);
      addNumbers(gradients[bias], 0, this.biases[l], 0, hidden);
      firsts[l].forEach((first, input) => {
        const to = (l === 0 ? order[input] : input) * hidden + first;
        addNumbers(gradients[weight], to, values, input * width + first, hidden - first);
      });
    });
    for (let t = 0; t < n; t++) {
      addNumbers(gradients.output, order[t] * hidden, this.output.values, t * width, below[t]);
      gradients.output_bias[order[t]] += this.outputBias[t];
    }
    if (!this.direct) return;
    const { values, stride } = this.direct;
    for (let t = 0; t < n; t++)
      for (let later = t + 1; later < n; later++)
        gradients.direct[order[t] * n + order[later]] += values[t * stride + later];
  }
}

function addNumbers(to: Float32Array, at: number, values: Float32Array, from: number, count: number): void {
  for (let i = 0; i < count; i++) to[at + i] += values[from + i];
}

/** From a row and a column of a matrix on. */
function part({ values, first, stride }: Matrix, row: number, column: number): Matrix {
  return { values, first: first + row * stride + column, stride };
}
