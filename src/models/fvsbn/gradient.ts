import type { PackedImages } from '../../data/images.ts';
import type { Simd } from '../../simd/simd.ts';
import { expMinus, softplusSum } from '../shared/exp-tables.ts';
import type { CpuGradient } from '../cpu-training.ts';
import type { Model, Tensors } from '../model.ts';
import type { Targets } from '../training.ts';
import type { OnPixels } from './blocks.ts';
import { BLOCK, Blocks } from './blocks.ts';
import { rowBases } from './layout.ts';
import { addRows } from '../shared/on-pixels.ts';
import { rowGradient } from './row-gradient.ts';

/**
 * The same as `gradient` of reference.ts. For one block of outputs at a time: the logits of all images, their
 * errors d = sigmoid(z) - t, and for every input pixel the sum of d over the images that have it on.
 */
export function cpuGradient(model: Model, simd?: Simd | null): CpuGradient {
  return (
    (simd && rowGradient(model, simd)) ?? {
      gradient: (batch, gradients, targets) => gradientOf(model, batch, gradients, targets?.soft ?? null),
    }
  );
}

function gradientOf(model: Model, batch: PackedImages, gradients: Tensors, soft: Targets['soft']): number {
  const blocks = new Blocks(model);
  const { n } = blocks;
  const size = batch.count;
  const lists = Array.from({ length: size }, (_, m) => {
    const on = blocks.onPixels();
    blocks.read(batch.words, m, on);
    return on;
  });
  const { starts, rows } = imagesByPixel(n, lists);
  const bases = rowBases(n);
  const z = new Float64Array(n);
  const d = new Float32Array(size * BLOCK);
  const sums = new Float64Array(n);
  const everyRow = Int32Array.from(lists, (_, m) => m * BLOCK);
  let loss = 0;
  for (let from = 0; from < n; from += BLOCK) {
    const end = Math.min(n, from + BLOCK);
    for (let m = 0; m < size; m++) {
      blocks.logits(z, 0, lists[m], from, end);
      writeInk(z, d, m * BLOCK, from, end);
      loss += softplusSum(z, from, end);
      loss += soft
        ? subtractSoft(z, d, m * BLOCK, soft, m * n, from, end)
        : subtractBits(z, d, m * BLOCK, lists[m], from, end);
    }
    meanRows(gradients.bias, 0, d, everyRow, 0, size, from, from, end, sums, size);
    for (let j = 0; j < end - 1; j++) {
      const first = Math.max(from, j + 1);
      meanRows(gradients.weight, bases[j], d, rows, starts[j], starts[j + 1], from, first, end, sums, size);
    }
  }
  return loss;
}

/** d[to..] = sigmoid(z) for one block of one image. */
function writeInk(z: Float64Array, d: Float32Array, to: number, from: number, end: number): void {
  for (let i = from; i < end; i++) {
    const e = expMinus(Math.abs(z[i]));
    d[to + i - from] = (z[i] > 0 ? 1 : e) / (1 + e);
  }
}

/** d[to..] -= t, t being soft[at + i]; returns minus the sum of t z. */
function subtractSoft(
  z: Float64Array,
  d: Float32Array,
  to: number,
  soft: Float32Array,
  at: number,
  from: number,
  end: number,
): number {
  let truth = 0;
  for (let i = from; i < end; i++) {
    const t = soft[at + i];
    d[to + i - from] -= t;
    truth -= t * z[i];
  }
  return truth;
}

/** d[to..] -= x; returns minus the sum of z over the on-pixels. */
function subtractBits(
  z: Float64Array,
  d: Float32Array,
  to: number,
  on: OnPixels,
  from: number,
  end: number,
): number {
  let truth = 0;
  for (let r = on.count - 1; r >= 0; r--) {
    const j = on.pixels[r];
    if (j < from) break;
    if (j >= end) continue;
    d[to + j - from] -= 1;
    truth -= z[j];
  }
  return truth;
}

/**
 * out[base + i] = the sum of d[row + i - from] over `rows[begin..stop-1]`, divided by `size`, for i in `first` to
 * `end - 1`. `sums` is a scratch buffer.
 */
function meanRows(
  out: Float32Array,
  base: number,
  d: Float32Array,
  rows: Int32Array,
  begin: number,
  stop: number,
  from: number,
  first: number,
  end: number,
  sums: Float64Array,
  size: number,
): void {
  if (begin === stop) {
    out.fill(0, base + first, base + end);
    return;
  }
  for (let i = first; i < end; i++) sums[i] = 0;
  addRows(sums, from, d, rows, begin, stop, first - from, end - from);
  const scale = 1 / size;
  for (let i = first; i < end; i++) out[base + i] = sums[i] * scale;
}

/** Which images have each pixel on: pixel j in `rows[starts[j]..starts[j + 1] - 1]`, image m as m * BLOCK. */
function imagesByPixel(n: number, lists: readonly OnPixels[]): { starts: Int32Array; rows: Int32Array } {
  const starts = new Int32Array(n + 1);
  for (const on of lists) for (let r = 0; r < on.count; r++) starts[on.pixels[r] + 1]++;
  for (let j = 0; j < n; j++) starts[j + 1] += starts[j];
  const rows = new Int32Array(starts[n]);
  const next = starts.slice(0, n);
  lists.forEach((on, m) => {
    for (let r = 0; r < on.count; r++) rows[next[on.pixels[r]]++] = m * BLOCK;
  });
  return { starts, rows };
}
