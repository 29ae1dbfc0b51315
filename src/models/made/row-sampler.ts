/** The images of sampler.ts by row operations. */
import { pixelCount, setPixel } from '../../data/images.ts';
import { bytesFor, matrix, type Matrix, type RowLists, type RowOperations } from '../../simd/rows.ts';
import type { Simd } from '../../simd/simd.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import type { Model } from '../model.ts';
import type { CpuSampler, SampleRequest } from '../sampling.ts';
import { ensembleOrders, isDirect, layerNames, placeDirect, unitDegrees, unitsBelow } from './masks.ts';
import { orderNumberOf } from './sampler.ts';

/** Places that an image decides before the next one: what units and places before them add is a product. */
const BLOCK = 64;

/** Columns of a product are taken eight at a time, also past the last unit. */
const padded = (length: number) => Math.ceil(length / 8) * 8 + 8;

/** The weights of one order: by place and unit, [n, stride], and by unit and place, [hidden, length]. */
interface OrderWeights {
  readonly order: Uint32Array<ArrayBuffer>;
  readonly input: Matrix;
  readonly output: Matrix;
  /** By place and later place, [n, length]; null where pixels are seen by hidden units alone. */
  readonly direct: Matrix | null;
  /** [length], stride 0 */
  readonly bias: Matrix;
}

/** What draws from the model; null where there is no memory for it. */
export function openRowSampler(model: Model, simd: Simd): ((request: SampleRequest) => CpuSampler) | null {
  const { hidden, layers, orders } = model.hyper;
  const n = pixelCount(model.grid);
  const [stride, length] = [padded(hidden), padded(n)];
  const shared = layers * bytesFor(stride, stride) + (layers - 1) * bytesFor(hidden * stride);
  const direct = isDirect(model.hyper) ? bytesFor(n * length) : 0;
  const each = direct + bytesFor(n * stride, hidden * length, length);
  const rows = simd.open(shared + orders * each + bytesFor(BLOCK, 2, n));
  if (!rows) return null;
  const drawing = new RowDrawing(rows, model, stride, length);
  return (request) => drawing.sampler(request);
}

class RowDrawing {
  private readonly n: number;
  private readonly depth: number;
  /** [n + 1], see masks.ts, and the first unit that each unit reaches in the next layer, [hidden]. */
  private readonly below: Int32Array;
  private readonly reached: Int32Array;
  private readonly orders: readonly OrderWeights[];
  /** Of every layer but the first, [hidden, stride]. */
  private readonly weights: readonly Matrix[];
  private readonly biases: readonly Matrix[];
  /** Of the image at hand: units of every layer, logits of a block, places that are on. */
  private readonly units: readonly Matrix[];
  private readonly z: Matrix;
  private readonly on: RowLists;

  constructor(
    private readonly rows: RowOperations,
    private readonly model: Model,
    private readonly stride: number,
    length: number,
  ) {
    const { grid, tensors } = model;
    const { hidden, layers } = model.hyper;
    this.n = pixelCount(grid);
    this.depth = layers;
    const degrees = unitDegrees(this.n, hidden);
    this.below = unitsBelow(degrees, this.n);
    this.reached = degrees.map((degree) => this.below[degree]);
    const names = Array.from({ length: layers }, (_, l) => layerNames(l + 1));
    this.biases = names.map(({ bias }) => {
      const own = rows.floats(stride);
      own.set(tensors[bias]);
      return matrix(own, 0);
    });
    this.weights = names.map(({ weight }, l) =>
      l === 0 ? matrix(new Float32Array(0), 0) : this.rowsOf(tensors[weight], this.reached),
    );
    this.orders = ensembleOrders(grid, model.hyper).map((order) => this.weightsIn(order, length));
    this.units = names.map(() => matrix(rows.floats(stride), stride));
    this.z = matrix(rows.floats(BLOCK), BLOCK);
    this.on = { starts: rows.integers(2), indices: rows.integers(this.n) };
  }

  /** Row r of the weights from column firsts[r] on, zeros before; `order` says which row of the tensor that is. */
  private rowsOf(tensor: Float32Array, firsts: Int32Array, order: Uint32Array | null = null): Matrix {
    const { hidden } = this.model.hyper;
    const own = matrix(this.rows.floats(firsts.length * this.stride), this.stride);
    firsts.forEach((first, r) => {
      const from = (order ? order[r] : r) * hidden;
      own.values.set(tensor.subarray(from + first, from + hidden), r * this.stride + first);
    });
    return own;
  }

  private weightsIn(order: Uint32Array<ArrayBuffer>, length: number): OrderWeights {
    const { n, rows, below, model } = this;
    const { output, output_bias: outputBias, weight_1: first } = model.tensors;
    const { hidden } = model.hyper;
    const turned = matrix(rows.floats(hidden * length), length);
    for (let t = 0; t < n; t++)
      for (let k = 0; k < below[t]; k++) turned.values[k * length + t] = output[order[t] * hidden + k];
    const bias = matrix(rows.floats(length), 0);
    order.forEach((pixel, t) => (bias.values[t] = outputBias[pixel]));
    const direct = isDirect(model.hyper) ? matrix(rows.floats(n * length), length) : null;
    if (direct) placeDirect(model.tensors.direct, order, direct.values, length);
    return { order, input: this.rowsOf(first, below.subarray(0, n), order), output: turned, direct, bias };
  }

  sampler(request: SampleRequest): CpuSampler {
    const { n, depth, stride, below } = this;
    const { indices, seed, temperature } = request;
    const count = indices.length;
    const drawnBy = Array.from(
      indices,
      (index) => this.orders[orderNumberOf(seed, index, this.orders.length)],
    );
    // Of every image: units of every layer, those of later blocks not yet begun; logits of its block; places that are on.
    const units = new Float32Array(count * depth * stride);
    const z = new Float32Array(count * BLOCK);
    const places = new Uint16Array(count * n);
    const found = new Uint16Array(count);

    return ancestralSampler(this.model.grid, request, {
      block: BLOCK,
      order: (m) => drawnBy[m].order,
      decide: (images, m, from, to, uniforms) => {
        const { order, input, output, direct } = drawnBy[m];
        const start = from - (from % BLOCK);
        const end = Math.min(n, start + BLOCK);
        const own = m * BLOCK - start;
        const first = m * depth * stride;
        if (from === start) {
          const list = places.subarray(m * n, m * n + found[m]);
          this.begin(drawnBy[m], list, units.subarray(first, first + depth * stride), start, end);
          z.set(this.z.values, m * BLOCK);
        }
        for (let t = from; t < to; t++) {
          if (fires(z[own + t] / temperature, uniforms[t - from])) {
            setPixel(images, m, order[t], 1);
            places[m * n + found[m]++] = t;
            addRow(units, first, input, t, 1, below[t], below[end]);
            if (direct) addRow(z, own, direct, t, 1, t + 1, end);
          }
          this.settle(units, first, output, z, own, t, end);
        }
      },
    });
  }

  /**
   * The block of places `start` to `end - 1` of an image: adds what the places that are on, [found], add to its units, what the units
   * before add to those of the next layer, and what the last layer's add to its logits.
   */
  private begin(
    { input, output, direct, bias }: OrderWeights,
    places: Uint16Array,
    units: Float32Array,
    start: number,
    end: number,
  ): void {
    const { rows, stride, below, on, weights, biases } = this;
    const [settled, next] = [below[start], below[end]];
    on.indices.set(places);
    on.starts[1] = places.length;
    this.units.forEach((own, l) => {
      const block = columnsFrom(own, settled);
      const before = l === 0 ? null : this.units[l - 1];
      if (next > settled) {
        if (before) {
          const columns = Math.ceil((next - settled) / 8) * 8;
          const table = columnsFrom(weights[l], settled);
          rows.multiply(block, before, table, 1, settled, columns, columnsFrom(biases[l], settled));
        } else {
          own.values.set(biases[0].values.subarray(settled, next), settled);
          rows.addSums(block, columnsFrom(input, settled), on, 1, next - settled);
        }
        units.set(own.values.subarray(settled, next), l * stride + settled);
      }
      own.values.set(units.subarray(l * stride, l * stride + settled));
    });
    const last = this.units[this.units.length - 1];
    rows.multiply(
      this.z,
      last,
      columnsFrom(output, start),
      1,
      settled,
      end - start,
      columnsFrom(bias, start),
    );
    if (direct) rows.addSums(this.z, columnsFrom(direct, start), on, 1, end - start);
  }

  /** Place t is decided: rectifies the units of degree t and adds them to what sees them of the block. */
  private settle(
    units: Float32Array,
    first: number,
    output: Matrix,
    z: Float32Array,
    own: number,
    t: number,
    end: number,
  ): void {
    const { depth, stride, below, reached, weights } = this;
    for (let l = 0; l < depth; l++) {
      const at = first + l * stride;
      for (let k = below[t]; k < below[t + 1]; k++) {
        // What is not a number stays so.
        if (units[at + k] <= 0) units[at + k] = 0;
        else if (l + 1 === depth) addRow(z, own, output, k, units[at + k], t + 1, end);
        else addRow(units, at + stride, weights[l + 1], k, units[at + k], reached[k], below[end]);
      }
    }
  }
}

/** sums[to + c] += value times row r of the matrix, for columns c from `from` to `end - 1`. */
function addRow(
  sums: Float32Array,
  to: number,
  { values, stride }: Matrix,
  r: number,
  value: number,
  from: number,
  end: number,
): void {
  const row = r * stride;
  for (let c = from; c < end; c++) sums[to + c] += value * values[row + c];
}

function columnsFrom({ values, first, stride }: Matrix, column: number): Matrix {
  return { values, first: first + column, stride };
}
