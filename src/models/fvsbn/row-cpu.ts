/** The functions of cpu.ts by row operations. */
import { type PackedImages, pixelCount, setPixel } from '../../data/images.ts';
import { bytesFor, matrix } from '../../simd/rows.ts';
import type { Simd } from '../../simd/simd.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import { firstFiringSampler } from '../shared/first-firing.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import type { CpuIterativeSampler, CpuSampler, SampleRequest } from '../sampling.ts';
import { CHUNK, padded, RowLayer } from './row-layer.ts';
import { openRowTables, type RowTables } from './row-tables.ts';

/** From this many images on, making the tables of row-tables.ts saves time. */
const MIN_TABLE_IMAGES = 64;
/** Pixels that an image decides before the next one. */
const BLOCK = 64;

/** Null where there is no memory for them, or the images are too large. */
export function openByRows(
  model: Model,
  simd: Simd,
): Pick<CpuModel, 'logLikelihood' | 'conditionalLogits' | 'sampler' | 'firstFiring'> | null {
  const { grid } = model;
  const n = pixelCount(grid);
  if (!RowLayer.suits(grid)) return null;
  const rows = simd.open(RowLayer.bytes(grid) + bytesFor(CHUNK * padded(n), BLOCK));
  if (!rows) return null;
  const layer = new RowLayer(rows, model);
  const z = matrix(rows.floats(CHUNK * layer.width), layer.width);
  const begun = rows.floats(BLOCK);
  let tables: RowTables | null | undefined;

  function readAll(images: PackedImages, use: (image: number, z: Float32Array, m: number) => void): void {
    for (let first = 0; first < images.count; first += CHUNK) {
      const count = Math.min(CHUNK, images.count - first);
      layer.look(images, first, count);
      layer.logits(z, count, 0, n);
      for (let m = 0; m < count; m++)
        use(first + m, z.values.subarray(m * layer.width, m * layer.width + n), m);
    }
  }

  return {
    logLikelihood(images) {
      if (images.count >= MIN_TABLE_IMAGES) {
        if (tables === undefined) tables = openRowTables(model, simd);
        if (tables) return tables.logLikelihood(images);
      }
      const result = new Float64Array(images.count);
      const { starts, indices } = layer.on;
      readAll(images, (image, logits, m) => {
        let sum = -rows.softplusSum(logits, n);
        for (let at = starts[m]; at < starts[m + 1]; at++) sum += logits[indices[at]];
        result[image] = sum;
      });
      return result;
    },
    conditionalLogits(images) {
      const result = new Float32Array(images.count * n);
      readAll(images, (image, logits) => result.set(logits, image * n));
      return result;
    },
    sampler: (request) => sampler(layer, begun, model, request, simd),
    firstFiring: (request) => firstFiring(layer, model, request, simd),
  };
}

/** Logits are held for the current block alone: when a block begins, the rows of all pixels that are on so far are added. */
function sampler(
  layer: RowLayer,
  begun: Float32Array,
  { grid }: Model,
  request: SampleRequest,
  simd: Simd,
): CpuSampler {
  const z = new Float32Array(request.indices.length * BLOCK);
  const block = matrix(begun, BLOCK);
  return ancestralSampler(grid, request, {
    block: BLOCK,
    simd,
    decide(images, image, from, to, uniforms) {
      const start = from - (from % BLOCK);
      const end = Math.min(layer.n, start + BLOCK);
      const own = image * BLOCK - start;
      if (from === start) {
        layer.look(images, image, 1);
        layer.logits(block, 1, start, end);
        z.set(begun, image * BLOCK);
      }
      for (let i = from; i < to; i++) {
        if (!fires(z[own + i] / request.temperature, uniforms[i - from])) continue;
        setPixel(images, image, i, 1);
        layer.push(z, own, i, end);
      }
    },
  });
}

/** With the logits of all pixels kept up to date. */
function firstFiring(
  layer: RowLayer,
  { grid }: Model,
  request: SampleRequest,
  simd: Simd,
): CpuIterativeSampler {
  const { n } = layer;
  const z = new Float32Array(request.indices.length * n);
  for (let m = 0; m < request.indices.length; m++) z.set(layer.bias.subarray(0, n), m * n);
  return firstFiringSampler(grid, request, {
    simd,
    next(m, cursor, uniformsOf) {
      const uniforms = uniformsOf(m);
      let i = cursor;
      while (i < n && !fires(z[m * n + i] / request.temperature, uniforms[i])) i++;
      return i;
    },
    turnOn: (m, i) => layer.push(z, m * n, i, n),
  });
}
