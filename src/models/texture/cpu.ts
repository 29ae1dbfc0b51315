/**
 * The loops of reference.ts inverted: a pixel that is on sets its bit in the entries of all pixels that read it, about a
 * thousand additions a digit, and one pass adds up -log q of the entries. Margin cells beside the grid take the writes beyond its
 * edges, so that no bounds check is needed.
 */
import { type Grid, type PackedImages, pixelCount, wordsPerImage } from '../../data/images.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import { smoothedLogit } from '../bayes-net/smoothing.ts';
import { softplus } from '../shared/math.ts';
import type { CpuCounter, CpuModel, Hyper, Model, Tensors } from '../types.ts';
import { placesOf } from './layout.ts';

/** Cells of one image with a margin; a pixel's `state` is 2 * (index into the table) + (the pixel itself). */
class Cells {
  readonly size: number;
  /** [n]: the cell of every pixel. */
  readonly cellOf: Int32Array;
  /** [k]: from a pixel's cell to that of the pixel which sees it at place b. */
  readonly seers: Int32Array;

  constructor(grid: Grid, k: number) {
    const places = placesOf(k);
    const left = Math.max(0, ...places.map(([, right]) => right));
    const right = Math.max(0, ...places.map(([, column]) => -column));
    const below = Math.max(...places.map(([down]) => -down));
    const stride = left + grid.width + right;
    this.size = stride * (grid.height + below);
    this.cellOf = Int32Array.from(
      { length: pixelCount(grid) },
      (_, i) => Math.floor(i / grid.width) * stride + left + (i % grid.width),
    );
    this.seers = Int32Array.from(places, ([down, column]) => -down * stride - column);
  }

  /** Turns a pixel on: `states` from `start` on are one image's, [size]. */
  ink(states: Int32Array, start: number, pixel: number): void {
    const { seers } = this;
    const cell = start + this.cellOf[pixel];
    states[cell] += 1;
    for (let b = 0; b < seers.length; b++) states[cell + seers[b]] += 2 << b;
  }

  /** Overwrites `states` with one image's. */
  read(states: Int32Array, images: PackedImages, image: number): void {
    states.fill(0);
    const stride = wordsPerImage(images.grid);
    for (let w = 0; w < stride; w++) {
      for (let bits = images.words[image * stride + w] | 0; bits !== 0; bits &= bits - 1)
        this.ink(states, 0, (w << 5) + 31 - Math.clz32(bits & -bits));
    }
  }
}

export function openCpu({ grid, hyper, tensors }: Model): CpuModel {
  const table = tensors.logit;
  const cells = new Cells(grid, hyper.k);
  const { cellOf } = cells;
  const n = pixelCount(grid);
  const states = new Int32Array(cells.size);
  // -log q in nats by state, [2 * entries].
  const costs = Float64Array.from({ length: 2 * table.length }, (_, state) =>
    softplus(state & 1 ? -table[state >> 1] : table[state >> 1]),
  );
  return {
    logLikelihood(images) {
      const result = new Float64Array(images.count);
      for (let m = 0; m < images.count; m++) {
        cells.read(states, images, m);
        let cost = 0;
        for (let i = 0; i < n; i++) cost += costs[states[cellOf[i]]];
        result[m] = -cost;
      }
      return result;
    },
    conditionalLogits(images) {
      const result = new Float32Array(images.count * n);
      for (let m = 0; m < images.count; m++) {
        cells.read(states, images, m);
        for (let i = 0; i < n; i++) result[m * n + i] = table[states[cellOf[i]] >> 1];
      }
      return result;
    },
    sampler(request) {
      const all = new Int32Array(request.indices.length * cells.size);
      const stride = wordsPerImage(grid);
      return ancestralSampler(grid, request, {
        block: grid.width,
        decide(images, image, from, to, uniforms) {
          const start = image * cells.size;
          for (let i = from; i < to; i++) {
            const z = table[all[start + cellOf[i]] >> 1];
            if (!fires(z / request.temperature, uniforms[i - from])) continue;
            images.words[image * stride + (i >> 5)] |= 1 << (i & 31);
            cells.ink(all, start, i);
          }
        },
      });
    },
  };
}

/** Counts the table. At most 2^32 - 1 pixels in all. */
export function cpuCounter(_: string, grid: Grid, hyper: Hyper): CpuCounter {
  const cells = new Cells(grid, hyper.k);
  const { cellOf } = cells;
  const n = pixelCount(grid);
  const states = new Int32Array(cells.size);
  const counts = new Uint32Array(2 ** (hyper.k + 1));
  return {
    add(images) {
      for (let m = 0; m < images.count; m++) {
        cells.read(states, images, m);
        for (let i = 0; i < n; i++) counts[states[cellOf[i]]]++;
      }
    },
    finish: () => tableOfCounts(counts, hyper),
  };
}

/** The smoothed table out of how often each state was seen, [2 * entries]. */
export function tableOfCounts(counts: ArrayLike<number>, { k, strength }: Hyper): Tensors {
  const logit = Float32Array.from({ length: 2 ** k }, (_, entry) =>
    smoothedLogit(counts[2 * entry + 1], counts[2 * entry], strength, 0.5),
  );
  return { logit };
}
