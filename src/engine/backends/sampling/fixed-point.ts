/**
 * Ancestral sampling as a fixed point. For fixed random numbers u of an image, ancestral sampling solves x_i = [u_i < p(x_i = 1 | x_<i)],
 * one equation after the other. Jacobi iteration updates all of them at once: x <- [u < sigmoid(logits(x) / temperature)]. The first wrong
 * pixel depends only on correct pixels before it, so an iteration corrects it: after iteration k at least k places are correct, and
 * after n all of them. Wiggers and Hoogeboom 2020, "Predictive sampling with forecasting autoregressive models"; Song, Meng, Liao and Ermon 2021,
 * "Accelerating feedforward computation via parallel nonlinear equation solving".
 */
import { blankImages, pixelCount, takeImages, wordsPerImage } from '../../../data/images.ts';
import { rasterOrder } from '../../../data/orders.ts';
import { drawUniforms, Stream, streamKey } from '../../../data/rng.ts';
import { fires } from '../../../models/shared/ancestral.ts';
import { folderSpec } from '../../../models/registry.ts';
import type { CpuModel } from '../../../models/cpu-model.ts';
import type { Model } from '../../../models/model.ts';
import type { SampleRequest } from '../../../models/sampling.ts';
import type { IterativeSampler } from '../backend.ts';

/** Images whose conditionals are computed in one call. */
const BATCH = 8;
/** An iteration may take seconds: it yields to the event loop after about this long. */
const SLICE_MS = 25;

/** The order of a model that `methodsOf` allows, which has only one, in the model's own numbering of the pixels: [n]. */
export function singleOrderOf(model: Model): Uint32Array {
  return folderSpec(model.family).orders?.(model)[0] ?? rasterOrder(model.grid);
}

/** How far the iteration of each image has converged. */
export class FixedPointProgress {
  /** Number of leading places that are final, [count]. */
  readonly settled: Uint32Array<ArrayBuffer>;
  /** [count]; see IterativeSampler. */
  readonly finished: Uint32Array<ArrayBuffer>;
  /** Images that are not finished, ascending: the batch of the next iteration. */
  active: readonly number[];
  /** Iterations so far, of the image that has taken most. */
  iterations = 0;

  constructor(
    count: number,
    private readonly n: number,
  ) {
    this.settled = new Uint32Array(count);
    this.finished = new Uint32Array(count);
    this.active = Array.from({ length: count }, (_, m) => m);
  }

  /**
   * Records an iteration of image m whose first changed place is `first` (n where nothing changed): the places before it satisfy
   * their equations, and `first` was just computed from them, so all of them are final.
   */
  record(m: number, iteration: number, first: number): void {
    this.settled[m] = Math.min(this.n, first + 1);
    if (this.settled[m] === this.n && this.finished[m] === 0) this.finished[m] = iteration;
  }

  /** Removes the finished images from the batch after `iterations` more iterations of it. */
  advance(iterations: number): void {
    this.active = this.active.filter((m) => this.finished[m] === 0);
    this.iterations = this.active.length > 0 ? this.iterations + iterations : maxOf(this.finished);
  }
}

/** On typed arrays. The first guess is the blank image. */
export function openFixedPoint(model: Model, cpu: CpuModel, request: SampleRequest): IterativeSampler {
  const { grid } = model;
  const n = pixelCount(grid);
  const stride = wordsPerImage(grid);
  const count = request.indices.length;
  const order = singleOrderOf(model);
  const images = blankImages(grid, count);
  const uniforms = uniformsOf(request, n);
  const progress = new FixedPointProgress(count, n);
  let seconds = 0;

  /** Redraws the places of image m that are not settled; returns the first one that changed, n where none did. */
  function redraw(m: number, logits: Float32Array, at: number): number {
    let first = n;
    for (let place = progress.settled[m]; place < n; place++) {
      const pixel = order[place];
      const word = m * stride + (pixel >> 5);
      const mask = 1 << (pixel & 31);
      const on = fires(logits[at + pixel] / request.temperature, uniforms[m * n + place]);
      if (on === ((images.words[word] & mask) !== 0)) continue;
      images.words[word] ^= mask;
      first = Math.min(first, place);
    }
    return first;
  }

  async function iterate(): Promise<void> {
    let begun = performance.now();
    const iteration = progress.iterations + 1;
    for (let at = 0; at < progress.active.length; at += BATCH) {
      const rows = progress.active.slice(at, at + BATCH);
      const logits = cpu.conditionalLogits(takeImages(images, rows));
      rows.forEach((m, row) => progress.record(m, iteration, redraw(m, logits, row * n)));
      const now = performance.now();
      if (now - begun < SLICE_MS) continue;
      seconds += (now - begun) / 1000;
      await new Promise((resolve) => setTimeout(resolve, 0));
      begun = performance.now();
    }
    progress.advance(1);
    seconds += (performance.now() - begun) / 1000;
  }

  return {
    finished: progress.finished,
    get iterations() {
      return progress.iterations;
    },
    get seconds() {
      return seconds;
    },
    async advance(iterations) {
      for (let k = 0; k < iterations && progress.active.length > 0; k++) await iterate();
    },
    images: () => Promise.resolve({ ...images, words: images.words.slice() }),
    destroy: () => undefined,
  };
}

/** The largest of the counts; 0 where there are none. */
export function maxOf(counts: Uint32Array): number {
  return counts.reduce((max, each) => Math.max(max, each), 0);
}

/** The random numbers of every image, by place in the order, [count, n]; exact in f32. */
function uniformsOf({ seed, indices }: SampleRequest, n: number): Float32Array {
  const all = new Float32Array(indices.length * n);
  indices.forEach((index, m) =>
    drawUniforms(seed, streamKey(Stream.sample), index, 0, n, all.subarray(m * n)),
  );
  return all;
}
