import { pixelCount, type PackedImages } from '../../data/images.ts';
import { bytesFor } from '../../simd/rows.ts';
import type { Simd } from '../../simd/simd.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import { blankOutputs, listOn } from './layer.ts';
import { RowLayer, strideOf } from './row-layer.ts';
import { rowFirstFiring, rowPlainSampler, rowSampler } from './row-sampler.ts';
import { RowStates } from './row-states.ts';
import { stateRows, TILE, Tile, tilesOf } from './row-tile.ts';

/** From so many images on a tile reads each row of weights once for all; fewer are computed one after the other. */
const TOGETHER = 4;

/** The functions of cpu.ts that read logits or draw, by row operations; null where there is no memory for them. */
export function openByRows(
  model: Model,
  simd: Simd,
): Pick<CpuModel, 'logLikelihood' | 'conditionalLogits' | 'sampler' | 'plainSampler' | 'firstFiring'> | null {
  const { grid } = model;
  const n = pixelCount(grid);
  const size = model.tensors.hidden_bias.length;
  const own = bytesFor(TILE * n, n);
  const bytes =
    RowLayer.bytes(grid, size) + Tile.bytes(grid, size) + RowStates.bytes(n, strideOf(size)) + own;
  const rows = simd.open(bytes);
  if (!rows) return null;
  const layer = new RowLayer(rows, model);
  const tile = new Tile(layer);
  const states = new RowStates(layer);
  const entries = rows.floats(TILE * n);
  const z = rows.floats(n);
  const pixels = new Int32Array(n);

  /** Calls `use` for every image with its logits, [n], in any order. */
  function readAll(images: PackedImages, use: (image: number, z: Float32Array) => void): void {
    for (const each of tilesOf(layer, images, stateRows(grid, size))) {
      const step = each.length < TOGETHER ? 1 : each.length;
      for (let first = 0; first < each.length; first += step)
        readTile(images, each.subarray(first, first + step), use);
    }
    for (let m = 0; m < images.count; m++) if (listOn(images, m, pixels) === 0) use(m, layer.logits);
  }

  function readTile(
    images: PackedImages,
    each: Uint32Array,
    use: (image: number, z: Float32Array) => void,
  ): void {
    tile.read(images, each);
    tile.readLogits(entries);
    each.forEach((image, j) => {
      const blank = blankOutputs(images, image);
      z.set(layer.logits.subarray(0, blank));
      for (let i = blank; i < n; i++) z[i] = entries[tile.starts[i] + j];
      use(image, z);
    });
  }

  return {
    logLikelihood(images) {
      const result = new Float64Array(images.count);
      readAll(images, (image, logits) => {
        // log p = sum over on-pixels of z - sum over all of softplus(z)
        let sum = -rows.softplusSum(logits, n);
        const on = listOn(images, image, pixels);
        for (let r = 0; r < on; r++) sum += logits[pixels[r]];
        result[image] = sum;
      });
      return result;
    },
    conditionalLogits(images) {
      const result = new Float32Array(images.count * n);
      readAll(images, (image, logits) => result.set(logits, image * n));
      return result;
    },
    sampler: (request) => rowSampler(states, grid, request),
    plainSampler: (request) => rowPlainSampler(states, grid, request),
    firstFiring: (request) => rowFirstFiring(states, grid, request),
  };
}
