/**
 * The same images as nade/sampler.ts, drawn by two other methods. The hidden units change only where a pixel
 * turns on; `firstFiring` goes from one such pixel straight to the next, `plainSampler` decides every pixel by itself.
 */
import { type Grid, setPixel } from '../../data/images.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import { firstFiringSampler } from '../shared/first-firing.ts';
import type { CpuIterativeSampler, CpuSampler, SampleRequest } from '../sampling.ts';
import { addPixel } from './hidden.ts';
import type { Layer } from './layer.ts';
import { dotRun } from './products.ts';

/** Outputs that an iteration computes together in search of the next pixel that turns on. */
const AHEAD = 8;

export function firstFiring(layer: Layer, grid: Grid, request: SampleRequest): CpuIterativeSampler {
  const { n, size } = layer;
  const { a, h } = states(layer, request.indices.length);
  const z = new Float64Array(AHEAD);
  return firstFiringSampler(grid, request, {
    next(m, cursor, uniformsOf) {
      const uniforms = uniformsOf(m);
      for (let i = cursor; i < n; i += AHEAD) {
        const end = Math.min(n, i + AHEAD);
        // All images are alike as long as they are blank.
        if (cursor === 0) z.set(layer.blankLogits(end).subarray(i, end));
        else dotRun(z, 0, layer.bias, layer.output, i, end, h, m * size, size);
        for (let j = i; j < end; j++) if (fires(z[j - i] / request.temperature, uniforms[j])) return j;
      }
      return n;
    },
    turnOn: (m, i) => addPixel(h, m * size, a, m * size, layer.input, i * size, size),
  });
}

export function plainSampler(layer: Layer, grid: Grid, request: SampleRequest): CpuSampler {
  const { size } = layer;
  const { a, h } = states(layer, request.indices.length);
  const z = new Float64Array(1);
  return ancestralSampler(grid, request, {
    block: 32,
    decide(images, m, from, to, uniforms) {
      for (let i = from; i < to; i++) {
        dotRun(z, 0, layer.bias, layer.output, i, i + 1, h, m * size, size);
        if (!fires(z[0] / request.temperature, uniforms[i - from])) continue;
        setPixel(images, m, i, 1);
        addPixel(h, m * size, a, m * size, layer.input, i * size, size);
      }
    },
  });
}

/** The hidden units of blank images, sums a and states h, both [count, size]. */
function states(layer: Layer, count: number): { a: Float64Array; h: Float64Array } {
  const a = new Float64Array(count * layer.size);
  const h = new Float64Array(count * layer.size);
  for (let m = 0; m < count; m++) {
    a.set(layer.a, m * layer.size);
    h.set(layer.h, m * layer.size);
  }
  return { a, h };
}
