/**
 * Ancestral sampling as a fixed point. With the random numbers u of an image held fast, ancestral sampling solves x_i = [u_i < p(x_i = 1 | x_<i)],
 * one equation after the other. Jacobi's iteration solves all at once: x <- [u < sigmoid(logits(x) / temperature)], again and again. A pass
 * reads the right pixels before the first wrong one, so it sets that one right: after pass k at least k places are, and
 * after n all of them. Wiggers and Hoogeboom 2020, "Predictive sampling with forecasting autoregressive models"; Song, Meng, Liao and Ermon 2021,
 * "Accelerating feedforward computation via parallel nonlinear equation solving".
 */
import { blankImages, type PackedImages, pixelCount, wordsPerImage } from '../../../data/images.ts';
import { rasterOrder } from '../../../data/orders.ts';
import { randomWords, Stream, streamKey, uniform } from '../../../data/rng.ts';
import { fires } from '../../../models/shared/ancestral.ts';
import { memberSpec } from '../../../models/registry.ts';
import type { CpuModel, Model, SampleRequest } from '../../../models/types.ts';
import type { Passes } from '../backend.ts';

/** Images whose conditionals are computed together. */
const TOGETHER = 8;
/** A pass may take seconds: the thread is free for others after about this long. */
const SLICE_MS = 25;

/** The single order of a member that `methodsOf` lets do this, in its own numbering of the pixels: [n]. */
export function placesOf(model: Model): Uint32Array {
  return memberSpec(model.family).orders?.(model)[0] ?? rasterOrder(model.grid);
}

/** What is known of each image in turn. */
export class Settled {
  /** Places from the first on that are right for certain, [count]. */
  readonly places: Uint32Array<ArrayBuffer>;
  /** [count]; see Passes. */
  readonly finished: Uint32Array<ArrayBuffer>;
  /** Images that are not finished, ascending: the batch of the next pass. */
  active: readonly number[];
  /** Passes so far, of the image that has taken most. */
  passes = 0;

  constructor(
    count: number,
    private readonly n: number,
  ) {
    this.places = new Uint32Array(count);
    this.finished = new Uint32Array(count);
    this.active = Array.from({ length: count }, (_, m) => m);
  }

  /**
   * After a pass of image m that changed place `first` and none before (n where it changed none): all places before are as
   * their own conditionals want them, and the one changed has just been set by right ones.
   */
  learn(m: number, pass: number, first: number): void {
    this.places[m] = Math.min(this.n, first + 1);
    if (this.places[m] === this.n && this.finished[m] === 0) this.finished[m] = pass;
  }

  /** So many passes are done of all images of the batch: those that are finished leave it. */
  advance(passes: number): void {
    this.active = this.active.filter((m) => this.finished[m] === 0);
    this.passes = this.active.length > 0 ? this.passes + passes : mostOf(this.finished);
  }
}

/** On typed arrays. The first guess is the blank image. */
export function openFixedPoint(model: Model, cpu: CpuModel, request: SampleRequest): Passes {
  const { grid } = model;
  const n = pixelCount(grid);
  const stride = wordsPerImage(grid);
  const count = request.indices.length;
  const order = placesOf(model);
  const images = blankImages(grid, count);
  const uniforms = drawUniforms(request, n);
  const settled = new Settled(count, n);
  let seconds = 0;

  /** Redraws the places of image m that are not settled; returns the first one changed, n where there is none. */
  function redraw(m: number, logits: Float32Array, at: number): number {
    let first = n;
    for (let place = settled.places[m]; place < n; place++) {
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

  async function pass(): Promise<void> {
    let begun = performance.now();
    const number = settled.passes + 1;
    for (let at = 0; at < settled.active.length; at += TOGETHER) {
      const rows = settled.active.slice(at, at + TOGETHER);
      const logits = cpu.conditionalLogits(pick(images, rows));
      rows.forEach((m, row) => settled.learn(m, number, redraw(m, logits, row * n)));
      const now = performance.now();
      if (now - begun < SLICE_MS) continue;
      seconds += (now - begun) / 1000;
      await new Promise((resolve) => setTimeout(resolve, 0));
      begun = performance.now();
    }
    settled.advance(1);
    seconds += (performance.now() - begun) / 1000;
  }

  return {
    finished: settled.finished,
    get passes() {
      return settled.passes;
    },
    get seconds() {
      return seconds;
    },
    async advance(passes) {
      for (let p = 0; p < passes && settled.active.length > 0; p++) await pass();
    },
    images: () => Promise.resolve({ ...images, words: images.words.slice() }),
    destroy: () => undefined,
  };
}

/** The largest of some counts; 0 where there are none. */
export function mostOf(counts: Uint32Array): number {
  return counts.reduce((most, each) => Math.max(most, each), 0);
}

/** Some images of many. */
export function pick(images: PackedImages, rows: readonly number[]): PackedImages {
  const stride = wordsPerImage(images.grid);
  const picked = blankImages(images.grid, rows.length);
  rows.forEach((m, row) =>
    picked.words.set(images.words.subarray(m * stride, (m + 1) * stride), row * stride),
  );
  return picked;
}

/** By image and place, [count, n]; exact in f32. */
function drawUniforms({ seed, indices }: SampleRequest, n: number): Float32Array {
  const words = new Uint32Array(n);
  const all = new Float32Array(indices.length * n);
  indices.forEach((index, m) => {
    randomWords(seed, streamKey(Stream.sample), index, words);
    for (let place = 0; place < n; place++) all[m * n + place] = uniform(words[place]);
  });
  return all;
}
