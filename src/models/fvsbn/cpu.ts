/**
 * Scoring and sampling as in reference.ts, touching only the weight rows of pixels that are on: about 104 of
 * 784 in a digit.
 */
import { type PackedImages, setPixel } from '../../data/images.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import type { Simd } from '../../simd/simd.ts';
import { softplusSum } from '../shared/exp-tables.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import type { CpuSampler, SampleRequest } from '../sampling.ts';
import { BLOCK, Blocks } from './blocks.ts';
import { weightsInto } from './input-gradient.ts';
import { firstFiring } from './first-firing.ts';
import { FourRussiansScorer } from './four-russians.ts';
import { openByRows } from './row-cpu.ts';

/** From this many images on, building the tables of four-russians.ts saves time. */
const MIN_TABLE_IMAGES = 64;

/** Opens a model of this family for scoring and sampling. */
export function openCpu(model: Model, simd?: Simd | null): CpuModel {
  return {
    ...((simd && openByRows(model, simd)) ?? openTyped(model)),
    inputGradient: (_, pixel) => weightsInto(model, pixel),
  };
}

/** On typed arrays. Decides pixel by pixel, so that no `plainSampler` is needed. */
function openTyped(model: Model): CpuModel {
  const blocks = new Blocks(model);
  const { n } = blocks;
  const on = blocks.onPixels();
  const z = new Float64Array(n);
  let fourRussians: FourRussiansScorer | null = null;

  function readLogits(images: PackedImages, image: number): void {
    blocks.read(images.words, image, on);
    for (let from = 0; from < n; from += BLOCK) {
      blocks.logits(z, 0, on, from, Math.min(n, from + BLOCK));
    }
  }

  return {
    logLikelihood(images) {
      if (images.count >= MIN_TABLE_IMAGES && FourRussiansScorer.suits(n)) {
        fourRussians ??= new FourRussiansScorer(model);
        return fourRussians.logLikelihood(images);
      }
      const result = new Float64Array(images.count);
      for (let m = 0; m < images.count; m++) {
        readLogits(images, m);
        // log p = sum over on-pixels of z - sum over all of softplus(z)
        result[m] = -softplusSum(z, 0, n);
        for (let r = 0; r < on.count; r++) result[m] += z[on.pixels[r]];
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
    sampler: (request) => blockSampler(model, request),
    firstFiring: (request) => firstFiring(model, request),
  };
}

/** Logits are held for the current block alone: when a block begins, the rows of all on-pixels so far are added. */
function blockSampler(model: Model, request: SampleRequest): CpuSampler {
  const blocks = new Blocks(model);
  const on = blocks.onPixels();
  const z = new Float64Array(request.indices.length * BLOCK);
  return ancestralSampler(model.grid, request, {
    block: BLOCK,
    decide(images, image, from, to, uniforms) {
      const start = from - (from % BLOCK);
      const end = Math.min(blocks.n, start + BLOCK);
      const own = image * BLOCK - start;
      if (from === start) {
        blocks.read(images.words, image, on);
        blocks.begin(z, own, on, start, end);
      }
      for (let i = from; i < to; i++) {
        if (!fires(z[own + i] / request.temperature, uniforms[i - from])) continue;
        setPixel(images, image, i, 1);
        blocks.push(z, own, i, end);
      }
    },
  });
}
