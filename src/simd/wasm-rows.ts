import type { Matrix, RowOperations } from './rows.ts';
import { Room } from './rows.ts';

type Kernel = (...numbers: number[]) => number;
type Names = Exclude<keyof RowOperations, 'floats' | 'integers'>;

/** Bytes at the start of the memory that src/simd/assembly/vector.ts uses. */
const RESERVED = 16_384;
const PAGE = 65_536;

/**
 * Row operations in WebAssembly on a memory of their own, with room for arrays of `bytes` together; freed with the last array of it. Null where the
 * memory cannot be had: a browser gives each one gigabytes of addresses, and so only some dozens or hundreds at a time.
 */
export function wasmRows(module: WebAssembly.Module, bytes: number): RowOperations | null {
  const pages = Math.ceil((RESERVED + bytes) / PAGE);
  let memory: WebAssembly.Memory;
  let wasm: Record<Names, Kernel>;
  try {
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<Names, Kernel>;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  const buffer = memory.buffer;
  const room = new Room(RESERVED, RESERVED + bytes);

  /** Address of an array's first element. */
  const at = (array: Float32Array | Int32Array): number => {
    if (array.buffer !== buffer) throw new Error('rows: an array of another memory');
    return array.byteOffset;
  };
  const from = ({ values, first }: Matrix): number => at(values) + 4 * first;

  return {
    floats: (length) => new Float32Array(buffer, room.take(length), length),
    integers: (length) => new Int32Array(buffer, room.take(length), length),
    multiply(out, a, b, rows, inner, columns, start) {
      const [begin, beginStride] = start ? [from(start), 4 * start.stride] : [0, 0];
      wasm.multiply(
        from(out),
        4 * out.stride,
        from(a),
        4 * a.stride,
        from(b),
        4 * b.stride,
        rows,
        inner,
        columns,
        begin,
        beginStride,
      );
    },
    multiplyTransposed(out, d, b, rows, columns, inner, start) {
      const [begin, beginStride] = start ? [from(start), 4 * start.stride] : [0, 0];
      wasm.multiplyTransposed(
        from(out),
        4 * out.stride,
        from(d),
        4 * d.stride,
        from(b),
        4 * b.stride,
        rows,
        columns,
        inner,
        begin,
        beginStride,
      );
    },
    addTransposedProduct(out, a, d, rows, inner, columns) {
      wasm.addTransposedProduct(
        from(out),
        4 * out.stride,
        from(a),
        4 * a.stride,
        from(d),
        4 * d.stride,
        rows,
        inner,
        columns,
      );
    },
    addColumnSums: (out, d, rows, columns) =>
      void wasm.addColumnSums(at(out), from(d), 4 * d.stride, rows, columns),
    rowDots: (out, a, b, rows, columns) =>
      void wasm.rowDots(at(out), from(a), 4 * a.stride, from(b), 4 * b.stride, rows, columns),
    gather: (out, table, indices, count, columns) =>
      void wasm.gather(from(out), 4 * out.stride, from(table), 4 * table.stride, at(indices), count, columns),
    scatterAdd: (table, d, indices, count, columns) =>
      void wasm.scatterAdd(from(table), 4 * table.stride, from(d), 4 * d.stride, at(indices), count, columns),
    addSums(out, table, { starts, indices }, rows, columns) {
      const [to, source] = [from(out), from(table)];
      wasm.addSums(to, 4 * out.stride, source, 4 * table.stride, at(starts), at(indices), rows, columns);
    },
    scatterSums(table, d, { starts, indices }, rows, columns) {
      const [to, source] = [from(table), from(d)];
      wasm.scatterSums(to, 4 * table.stride, source, 4 * d.stride, at(starts), at(indices), rows, columns);
    },
    listDots(out, a, b, { starts, indices }, rows, columns, bias) {
      const [to, begin] = [at(out), bias ? at(bias) : 0];
      const [own, other] = [from(a), from(b)];
      const [first, list] = [at(starts), at(indices)];
      wasm.listDots(to, own, 4 * a.stride, other, 4 * b.stride, first, list, rows, columns, begin);
    },
    addWeightedSums(out, factors, table, { starts, indices }, rows, columns) {
      const [to, factor, source] = [from(out), at(factors), from(table)];
      const [first, list] = [at(starts), at(indices)];
      wasm.addWeightedSums(to, 4 * out.stride, factor, source, 4 * table.stride, first, list, rows, columns);
    },
    sigmoidSums(y, sums, table, slots, indices, count, columns) {
      const [to, sum, source] = [from(y), from(sums), from(table)];
      const [slot, list] = [at(slots), at(indices)];
      wasm.sigmoidSums(
        to,
        4 * y.stride,
        sum,
        4 * sums.stride,
        source,
        4 * table.stride,
        slot,
        list,
        count,
        columns,
      );
    },
    sigmoidSumsBack(y, next, factors, table, { starts, indices }, rows, columns) {
      const [own, later, factor, source] = [from(y), at(next), at(factors), from(table)];
      const [first, list] = [at(starts), at(indices)];
      wasm.sigmoidSumsBack(
        own,
        4 * y.stride,
        later,
        factor,
        source,
        4 * table.stride,
        first,
        list,
        rows,
        columns,
      );
    },
    rmsNormalise: (out, scales, x, rows, columns, epsilon) =>
      void wasm.rmsNormalise(at(out), at(scales), at(x), rows, columns, epsilon),
    rmsBack: (dx, d, y, scales, rows, columns) =>
      void wasm.rmsBack(at(dx), at(d), at(y), at(scales), rows, columns),
    relu: (out, x, count) => void wasm.relu(at(out), at(x), count),
    reluBack: (d, y, count) => void wasm.reluBack(at(d), at(y), count),
    elu: (out, x, count) => void wasm.elu(at(out), at(x), count),
    eluBack: (d, y, count) => void wasm.eluBack(at(d), at(y), count),
    sigmoid: (out, x, count) => void wasm.sigmoid(at(out), at(x), count),
    sigmoidBack: (d, y, count) => void wasm.sigmoidBack(at(d), at(y), count),
    bound: (x, count, limit) => void wasm.bound(at(x), count, limit),
    boundBack: (d, y, count, limit) => void wasm.boundBack(at(d), at(y), count, limit),
    softplusSum: (x, count) => wasm.softplusSum(at(x), count),
    logisticLoss: (d, z, t, count) => wasm.logisticLoss(at(d), at(z), at(t), count),
    scale: (x, count, factor) => void wasm.scale(at(x), count, factor),
    addScaled: (out, x, count, factor) => void wasm.addScaled(at(out), at(x), count, factor),
    sumOfSquares: (x, count) => wasm.sumOfSquares(at(x), count),
    moveTowards: (x, to, count, share) => void wasm.moveTowards(at(x), at(to), count, share),
    adam: (w, g, m, v, count, { beta1, beta2, rate, epsilon, factor }) =>
      void wasm.adam(at(w), at(g), at(m), at(v), count, beta1, beta2, rate, epsilon, factor),
  };
}
