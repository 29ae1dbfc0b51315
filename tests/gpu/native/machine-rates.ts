/** What the device itself reaches, whatever Inkling does: products of matrices, copies, and the time of a submit. */
import { randomSource } from '../random-models.ts';
import type { Budget } from './budget.ts';
import { COPY_SOURCE, matmulSource, nameOf, type Tile, TILES, TINY_SOURCE } from './matmul-wgsl.ts';
import { rateOf } from './rate.ts';
import type { RawDevice } from './raw-device.ts';
import type { BandwidthReport, LatencyReport, MatmulRate, MatmulReport, Rate, Sizes } from './report.ts';

type Shape = readonly [rows: number, inner: number, columns: number];

const SQUARES: Readonly<Record<Sizes, readonly number[]>> = {
  tiny: [64],
  small: [128, 256],
  full: [1024, 2048, 4096],
};
/**
 * A batch of 128 through FVSBN, and through NADE's or MADE's 500 hidden units and back; 1,000 images; the rows of active pixels of 16 digits
 * through the blocks of the sparse PixelCNN.
 */
const SHAPES: readonly Shape[] = [
  [128, 784, 784],
  [128, 784, 500],
  [128, 500, 784],
  [1000, 784, 500],
  [784, 128, 500],
  [4000, 64, 32],
  [4000, 160, 32],
];

/** Seconds that one measurement takes. */
const EACH: Readonly<Record<Sizes, number>> = { tiny: 0.02, small: 0.1, full: 0.25 };

/** Largest error of an entry, relative to the root of `inner`; f32 leaves some 1e-6. */
const TOLERANCE = 1e-4;

/** `report` is given every product as soon as it has been measured. */
export async function measureMatmul(
  raw: RawDevice,
  sizes: Sizes,
  budget: Budget,
  report: MatmulReport,
): Promise<void> {
  const tiles = sizes === 'tiny' ? TILES.slice(-1) : TILES;
  const pipelines = await Promise.all(
    tiles.map(async (tile) => ({ tile, pipeline: await raw.pipeline(matmulSource(tile)) })),
  );
  const squares = SQUARES[sizes].map((side): Shape => [side, side, side]);
  for (const shape of sizes === 'tiny' ? squares : [...squares, ...SHAPES]) {
    if (budget.isOver() && report.products.length > 0) return;
    let best: MatmulRate | null = null;
    for (const { tile, pipeline } of pipelines) {
      const { rate, error } = await measureProduct(raw, pipeline, tile, shape, EACH[sizes]);
      if (best && best.rate.median >= rate.median) continue;
      const [rows, inner, columns] = shape;
      best = { rows, inner, columns, square: squares.includes(shape), tile: nameOf(tile), rate, error };
    }
    report.products.push(best!);
    if (best!.square) report.best = Math.max(report.best, best!.rate.median);
  }
}

/** Sizes that are no multiple of the tile are padded; only what was asked for counts. */
async function measureProduct(
  raw: RawDevice,
  pipeline: GPUComputePipeline,
  tile: Tile,
  [rows, inner, columns]: Shape,
  seconds: number,
): Promise<{ rate: Rate; error: number }> {
  const up = (size: number, to: number) => Math.ceil(size / to) * to;
  const [m, k, n] = [up(rows, tile.rows), up(inner, tile.slab), up(columns, tile.columns)];
  const [a, b] = [noise(m * k, 1), noise(k * n, 2)];
  const product = raw.storage(m * n * 4);
  const buffers = [raw.filled(a), raw.filled(b), product, raw.uniform([k, n, 0, 0])];
  const groups = [raw.group(pipeline, buffers)];
  const workgroups = [n / tile.columns, m / tile.rows] as const;
  const once = () => raw.run(pipeline, groups, workgroups, 1);
  await once();
  const began = performance.now();
  await once();
  // As many a submit as take a tenth of the time: the submit itself then matters little.
  const repeats = Math.max(1, Math.min(2000, Math.floor((seconds * 100) / (performance.now() - began))));
  const gigaOperations = (2 * rows * inner * columns) / 1e9;
  const rate = await rateOf(gigaOperations * repeats, seconds, () =>
    raw.run(pipeline, groups, workgroups, repeats),
  );
  let error = 0;
  for (const row of [0, Math.floor(m / 2) + 1, m - 1]) {
    const found = await raw.floats(product, row * n, n);
    for (let column = 0; column < n; column += 7) {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += a[row * k + i] * b[i * n + column];
      error = Math.max(error, Math.abs(found[column] - sum) / Math.sqrt(k));
    }
  }
  for (const buffer of buffers) buffer.destroy();
  if (!(error < TOLERANCE))
    throw new Error(`a product of ${m} x ${k} x ${n} by tiles of ${nameOf(tile)} is wrong by ${error}`);
  return { rate, error };
}

/** Numbers in [-1, 1) that repeat after a prime number of them, which no size is a multiple of: drawing millions would take longer than the product. */
function noise(length: number, seed: number): Float32Array<ArrayBuffer> {
  const random = randomSource(seed);
  const period = Float32Array.from({ length: 8191 }, () => 2 * random() - 1);
  const values = new Float32Array(length);
  for (let at = 0; at < length; at += period.length) values.set(period.subarray(0, length - at), at);
  return values;
}

const COPY_BYTES: Readonly<Record<Sizes, number>> = { tiny: 2 ** 20, small: 2 ** 23, full: 2 ** 27 };

/** Copies between buffers in turn, so that those of large sizes do not stay in a cache. */
export async function measureBandwidth(raw: RawDevice, sizes: Sizes): Promise<BandwidthReport> {
  const bytes = Math.min(COPY_BYTES[sizes], raw.device.limits.maxStorageBufferBindingSize);
  const pipeline = await raw.pipeline(COPY_SOURCE);
  const buffers = Array.from({ length: 4 }, () => raw.storage(bytes));
  const groups = [
    raw.group(pipeline, [buffers[0], buffers[1]]),
    raw.group(pipeline, [buffers[2], buffers[3]]),
  ];
  const workgroups = [Math.min(bytes / 16 / 256, 32_768), 1] as const;
  const repeats = sizes === 'full' ? 16 : 2;
  const rate = await rateOf((2 * bytes * repeats) / 1e9, 2 * EACH[sizes], () =>
    raw.run(pipeline, groups, workgroups, repeats),
  );
  for (const buffer of buffers) buffer.destroy();
  return { bytes, rate };
}

export async function measureLatency(raw: RawDevice, sizes: Sizes): Promise<LatencyReport> {
  const pipeline = await raw.pipeline(TINY_SOURCE);
  const number = raw.storage(4);
  const groups = [raw.group(pipeline, [number])];
  const many = sizes === 'full' ? 1000 : 100;
  const submits = await rateOf(1, EACH[sizes], () => raw.run(pipeline, groups, [1, 1], 1));
  const readbacks = await rateOf(1, EACH[sizes], () => raw.floats(number, 0, 1));
  const dispatches = await rateOf(many, EACH[sizes], () => raw.run(pipeline, groups, [1, 1], many));
  number.destroy();
  return {
    submitMs: 1e3 / submits.median,
    readbackMs: 1e3 / readbacks.median,
    // Without the submit around them.
    dispatchUs: Math.max(0, 1e6 / dispatches.median - 1e6 / submits.median / many),
  };
}
