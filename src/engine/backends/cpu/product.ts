import { fillNoise } from '../../../data/noise-matrix.ts';
import { bytesFor, matrix } from '../../../simd/rows.ts';
import { openRows, type Simd } from '../../../simd/simd.ts';
import type { MatrixProduct } from '../backend.ts';
import type { Piece, WorkerPool } from '../pool/pool.ts';

/** Seeds of the two matrices of a product. */
export const LEFT_SEED = 1;
export const RIGHT_SEED = 2;

/** The product of two square matrices of noise on one thread. */
export interface ThreadProduct {
  readonly side: number;
  multiply(times: number): void;
  /** [side, side], a live view. */
  readonly result: Float32Array<ArrayBuffer>;
}

/** Row operations in WebAssembly, or on typed arrays where there is no SIMD. */
export function openThreadProduct(simd: Simd | null, side: number): ThreadProduct {
  const numbers = side * side;
  const rows = openRows(simd, bytesFor(numbers, numbers, numbers));
  const [left, right, result] = [rows.floats(numbers), rows.floats(numbers), rows.floats(numbers)];
  fillNoise(left, LEFT_SEED);
  fillNoise(right, RIGHT_SEED);
  return {
    side,
    multiply(times) {
      for (let i = 0; i < times; i++)
        rows.multiply(matrix(result, side), matrix(left, side), matrix(right, side), side, side, side, null);
    },
    result,
  };
}

/** On all threads of the pool, each with matrices of its own; on this thread alone where there is no pool. */
export async function openProduct(
  pool: WorkerPool | null,
  simd: Simd | null,
  side: number,
): Promise<MatrixProduct> {
  const own = openThreadProduct(simd, side);
  await pool?.started();
  const used = simd?.description ?? null;
  const together = 1 + (pool?.running ?? 0);
  return {
    together,
    async run(times) {
      if (!pool) {
        own.multiply(times);
        return;
      }
      // As many pieces as threads: every thread takes one.
      const piece: Piece<null> = {
        here: () => (own.multiply(times), null),
        there: (worker) => worker.call<'product'>({ kind: 'product', side, times, simd: used }),
      };
      await Promise.all(Array.from({ length: together }, () => pool.run(piece)));
    },
    result: () => {
      own.multiply(1);
      return Promise.resolve(own.result.slice());
    },
    destroy: () => undefined,
  };
}
