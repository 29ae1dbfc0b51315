import { type PackedImages, wordsPerImage } from '../../data/images.ts';
import type { Simd } from '../../simd/simd.ts';
import { softplusSum } from '../shared/exp-tables.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import { hiddenUnits } from './features.ts';
import { firstFiring, plainSampler } from './first-firing.ts';
import { addPixel } from './hidden.ts';
import { inputGradient } from './input-gradient.ts';
import { blankOutputs, byBlankOutputs, Layer, listOn } from './layer.ts';
import { dot8, dotRun } from './products.ts';
import { openByRows } from './row-cpu.ts';
import { stateSampler } from './sampler.ts';

/** Images computed side by side. */
const TILE = 8;

/**
 * One model opened for reading. Eight images share every row of weights, grouped by how long they stay blank;
 * the remaining images are computed alone. Both give the same logits bit for bit.
 */
export function openCpu(model: Model, simd?: Simd | null): CpuModel {
  const others = {
    features: hiddenUnits(model),
    inputGradient: (images: PackedImages, pixel: number) => inputGradient(model, images, pixel),
  };
  return { ...((simd && openByRows(model, simd)) ?? openByArrays(model)), ...others };
}

function openByArrays(model: Model): CpuModel {
  const layer = new Layer(model);
  const { n, size } = layer;
  const stride = wordsPerImage(model.grid);
  const z = new Float64Array(TILE * n);
  const a = new Float64Array(TILE * size);
  const h = new Float64Array(TILE * size);
  const at = Int32Array.from({ length: TILE }, (_, j) => j * size);
  const sums = new Float64Array(TILE);
  const pixels = new Int32Array(n);

  /** Logits of TILE images into z, [TILE, n]. */
  function readTile(images: PackedImages, tile: Uint32Array): void {
    const start = blankOutputs(images, tile[0]);
    const blank = layer.blankLogits(start);
    for (let j = 0; j < TILE; j++) {
      z.set(blank.subarray(0, start), j * n);
      a.set(layer.a, j * size);
      h.set(layer.h, j * size);
    }
    for (let i = start - 1; i < n; i++) {
      if (i >= start) {
        dot8(sums, layer.output, i * size, h, at, size);
        for (let j = 0; j < TILE; j++) z[j * n + i] = sums[j] + layer.bias[i];
      }
      for (let j = 0; j < TILE; j++) {
        if ((images.words[tile[j] * stride + (i >> 5)] >>> (i & 31)) & 1) {
          addPixel(h, j * size, a, j * size, layer.input, i * size, size);
        }
      }
    }
  }

  /** Logits of one image into z, [n]. */
  function readOne(images: PackedImages, image: number): void {
    const on = listOn(images, image, pixels);
    let from = blankOutputs(images, image);
    z.set(layer.blankLogits(from).subarray(0, from));
    a.set(layer.a);
    for (let r = 0; r < on; r++) {
      const end = r + 1 < on ? pixels[r + 1] + 1 : n;
      if (end === from) continue;
      addPixel(h, 0, a, 0, layer.input, pixels[r] * size, size);
      dotRun(z, from, layer.bias, layer.output, from, end, h, 0, size);
      from = end;
    }
  }

  /** Calls `use` for every image with the place of its logits in z, in any order. */
  function readAll(images: PackedImages, use: (image: number, place: number) => void): void {
    const order = byBlankOutputs(images);
    let first = 0;
    for (; first + TILE <= order.length; first += TILE) {
      const tile = order.subarray(first, first + TILE);
      readTile(images, tile);
      tile.forEach((image, j) => use(image, j * n));
    }
    for (; first < order.length; first++) {
      readOne(images, order[first]);
      use(order[first], 0);
    }
  }

  return {
    logLikelihood(images) {
      const result = new Float64Array(images.count);
      readAll(images, (image, place) => {
        // log p = sum over on-pixels of z - sum over all of softplus(z)
        let sum = -softplusSum(z, place, place + n);
        const on = listOn(images, image, pixels);
        for (let r = 0; r < on; r++) sum += z[place + pixels[r]];
        result[image] = sum;
      });
      return result;
    },
    conditionalLogits(images) {
      const result = new Float32Array(images.count * n);
      readAll(images, (image, place) => result.set(z.subarray(place, place + n), image * n));
      return result;
    },
    sampler: (request) => stateSampler(layer, model.grid, request),
    plainSampler: (request) => plainSampler(layer, model.grid, request),
    firstFiring: (request) => firstFiring(layer, model.grid, request),
  };
}
