/**
 * The loops of reference.ts, touching only the weight rows of pixels that are on (about 104 of 784 in a digit)
 * and cut into blocks of outputs, so that the weights in use stay in the cache. Within a block the rows of
 * pixels before it are added eight at a time; those of pixels inside it one at a time.
 */
import type { PackedImages } from '../../data/images.ts';
import { pixelCount, wordsPerImage } from '../../data/images.ts';
import { ancestralSampler, fires } from '../ancestral.ts';
import { sigmoid } from '../math.ts';
import type { CpuModel, Model, SampleRequest, CpuSampler, Tensors } from '../types.ts';
import { rowBases } from './layout.ts';
import { NibbleScorer } from './nibbles.ts';
import { addRows, bernoulliLoss, onPixels } from './rows.ts';

/** Outputs a block: two rows of a digit. */
const BLOCK = 56;
/** From this many images on, the tables of nibbles.ts pay for their making. */
const NIBBLE_IMAGES = 64;

/** Turns lists of on-pixels into logits, block by block. */
class Blocks {
  readonly n: number;
  readonly bases: Int32Array;
  readonly stride: number;
  private readonly rows: Int32Array;

  constructor(readonly model: Model) {
    this.n = pixelCount(model.grid);
    this.bases = rowBases(this.n);
    this.stride = wordsPerImage(model.grid);
    this.rows = new Int32Array(this.n);
  }

  /** z[to..] = biases of pixels `from` to `end - 1` plus the rows of those of `on[0..count-1]` before `from`. */
  begin(z: Float64Array, to: number, on: Int32Array, count: number, from: number, end: number): number {
    const { bias, weight } = this.model.tensors;
    const { bases, rows } = this;
    for (let i = from; i < end; i++) z[to + i - from] = bias[i];
    let before = 0;
    while (before < count && on[before] < from) {
      rows[before] = bases[on[before]];
      before++;
    }
    addRows(z, to - from, weight, rows, before, from, end);
    return before;
  }

  /** Adds the row of on-pixel j to the pixels after it in its block, which ends before `end`. */
  push(z: Float64Array, to: number, j: number, from: number, end: number): void {
    const weight = this.model.tensors.weight;
    const base = this.bases[j];
    for (let i = j + 1; i < end; i++) z[to + i - from] += weight[base + i];
  }

  /** All logits of the pixels `from` to `end - 1`. */
  logits(z: Float64Array, to: number, on: Int32Array, count: number, from: number, end: number): void {
    for (let r = this.begin(z, to, on, count, from, end); r < count && on[r] < end; r++) {
      this.push(z, to, on[r], from, end);
    }
  }
}

/** Opens a model of this family for scoring and sampling. */
export function openSparse(model: Model): CpuModel {
  const blocks = new Blocks(model);
  const { n, stride } = blocks;
  const z = new Float64Array(n);
  const on = new Int32Array(n);
  let nibbles: NibbleScorer | null = null;

  function readLogits(images: PackedImages, image: number): void {
    const count = onPixels(images.words, image * stride, stride, on);
    for (let from = 0; from < n; from += BLOCK) {
      blocks.logits(z, from, on, count, from, Math.min(n, from + BLOCK));
    }
  }

  return {
    logLikelihood(images) {
      if (images.count >= NIBBLE_IMAGES && NibbleScorer.suits(n)) {
        nibbles ??= new NibbleScorer(model);
        return nibbles.logLikelihood(images);
      }
      const result = new Float64Array(images.count);
      for (let m = 0; m < images.count; m++) {
        readLogits(images, m);
        result[m] = -bernoulliLoss(z, 0, n, images.words, m * stride, 0);
      }
      return result;
    },
    conditionalLogits(images) {
      const result = new Float32Array(images.count * n);
      for (let m = 0; m < images.count; m++) {
        readLogits(images, m);
        result.set(z, m * n);
      }
      return result;
    },
    sampler: (request) => sampleBlocks(blocks, request),
  };
}

/** Logits are held for the block at hand alone: when one begins, the rows of all on-pixels so far are added. */
function sampleBlocks(blocks: Blocks, request: SampleRequest): CpuSampler {
  const { n, stride } = blocks;
  const z = new Float64Array(request.count * BLOCK);
  const on = new Int32Array(n);
  return ancestralSampler(blocks.model.grid, request, {
    block: BLOCK,
    decide(images, image, from, to, uniforms) {
      const start = from - (from % BLOCK);
      const end = Math.min(n, start + BLOCK);
      const own = image * BLOCK;
      if (from === start) {
        const count = onPixels(images.words, image * stride, stride, on);
        blocks.begin(z, own, on, count, start, end);
      }
      for (let i = from; i < to; i++) {
        if (!fires(z[own + i - start] / request.temperature, uniforms[i - from])) continue;
        images.words[image * stride + (i >> 5)] |= 1 << (i & 31);
        blocks.push(z, own, i, start, end);
      }
    },
  });
}

/**
 * The same as `gradient` of reference.ts. For one block of outputs at a time: the logits of all images, their
 * errors d = sigmoid(z) - x, and for every input pixel the sum of d over the images that have it on.
 */
export function sparseGradient(model: Model, batch: PackedImages, gradients: Tensors): number {
  const blocks = new Blocks(model);
  const { n, stride, bases } = blocks;
  const { words, count: size } = batch;
  const lists = new Int32Array(size * n);
  const lengths = new Int32Array(size);
  for (let m = 0; m < size; m++) {
    lengths[m] = onPixels(words, m * stride, stride, lists.subarray(m * n, (m + 1) * n));
  }
  const { starts, rows } = imagesByPixel(n, lists, lengths);
  const d = new Float64Array(size * BLOCK);
  const sums = new Float64Array(BLOCK);
  let loss = 0;
  for (let from = 0; from < n; from += BLOCK) {
    const end = Math.min(n, from + BLOCK);
    for (let m = 0; m < size; m++) {
      const own = m * BLOCK;
      blocks.logits(d, own, lists.subarray(m * n, (m + 1) * n), lengths[m], from, end);
      loss += bernoulliLoss(d, own, own + end - from, words, m * stride, from);
      for (let i = from; i < end; i++) {
        const x = (words[m * stride + (i >> 5)] >>> (i & 31)) & 1;
        d[own + i - from] = sigmoid(d[own + i - from]) - x;
      }
    }
    sums.fill(0);
    for (let m = 0; m < size; m++) {
      for (let i = from; i < end; i++) sums[i - from] += d[m * BLOCK + i - from];
    }
    for (let i = from; i < end; i++) gradients.bias[i] = sums[i - from] / size;
    for (let j = 0; j < end - 1; j++) {
      const first = Math.max(from, j + 1);
      sums.fill(0);
      addRows(
        sums,
        0,
        d,
        rows.subarray(starts[j], starts[j + 1]),
        starts[j + 1] - starts[j],
        first - from,
        end - from,
      );
      for (let i = first; i < end; i++) gradients.weight[bases[j] + i] = sums[i - from] / size;
    }
  }
  return loss;
}

/** Which images have each pixel on: image m appears as m * BLOCK, where its errors begin. */
function imagesByPixel(
  n: number,
  lists: Int32Array,
  lengths: Int32Array,
): { starts: Int32Array; rows: Int32Array } {
  const starts = new Int32Array(n + 1);
  const size = lengths.length;
  for (let m = 0; m < size; m++) for (let r = 0; r < lengths[m]; r++) starts[lists[m * n + r] + 1]++;
  for (let j = 0; j < n; j++) starts[j + 1] += starts[j];
  const rows = new Int32Array(starts[n]);
  const next = starts.slice(0, n);
  for (let m = 0; m < size; m++) {
    for (let r = 0; r < lengths[m]; r++) rows[next[lists[m * n + r]]++] = m * BLOCK;
  }
  return { starts, rows };
}
