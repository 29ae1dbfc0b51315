/**
 * Row operations of src/simd: GFLOP a second of processor time on typed arrays and in WebAssembly, for the shapes of the families.
 *   node tests/bench/cpu.mjs simd
 * Node 20 fuses multiply-add with --experimental-wasm-relaxed-simd only.
 */
import type { RowOperations } from '../../src/simd/rows.ts';
import { bytesFor, matrix } from '../../src/simd/rows.ts';
import { loadSimd } from '../../src/simd/load.ts';
import { openRows } from '../../src/simd/simd.ts';

/** Rows, inner, columns. */
const SHAPES = [
  [126, 512, 768],
  [128, 784, 500],
  [784, 80, 16],
  [784, 32, 16],
  [250, 64, 32],
  [250, 160, 32],
  [250, 32, 64],
  [33, 31, 29],
  [1, 80, 32],
] as const;

/** Operations of about so much time for one measurement. */
const FLOP = 2e8;

function gflops(flop: number, work: () => void): number {
  const repeats = Math.ceil(FLOP / flop);
  let best = 0;
  for (let attempt = 0; attempt < 4; attempt++) {
    const start = process.cpuUsage();
    for (let i = 0; i < repeats; i++) work();
    const { user, system } = process.cpuUsage(start);
    best = Math.max(best, (repeats * flop) / (user + system) / 1e3);
  }
  return best;
}

function measure(open: (bytes: number) => RowOperations): void {
  for (const [rows, inner, columns] of SHAPES) {
    const [a, b, c] = [rows * inner, inner * columns, rows * columns];
    const own = open(bytesFor(a, b, c));
    const [left, right, out] = [
      matrix(own.floats(a).fill(0.5), inner),
      matrix(own.floats(b).fill(0.5), columns),
      matrix(own.floats(c), columns),
    ];
    const flop = 2 * rows * inner * columns;
    const rates = [
      () => own.multiply(out, left, right, rows, inner, columns, null),
      () => own.multiplyTransposed(left, out, right, rows, columns, inner, null),
      () => {
        // Sums that grow without end would slow down nothing, but overflow.
        right.values.fill(0);
        own.addTransposedProduct(right, left, out, rows, inner, columns);
      },
    ].map((work) => gflops(flop, work).toFixed(1).padStart(6));
    console.log(`  ${[rows, inner, columns].join(' x ').padEnd(16)} ${rates.join(' ')}`);
  }
}

export async function run(): Promise<void> {
  console.log('GFLOP/s: product, derivative by its first factor, by its second');
  const simd = await loadSimd();
  for (const own of simd ? [null, simd] : [null]) {
    console.log(own?.description ?? 'typed arrays');
    measure((bytes) => openRows(own, bytes));
  }
}
