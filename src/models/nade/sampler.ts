import { type Grid, setPixel } from '../../data/images.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import type { CpuSampler, SampleRequest } from '../sampling.ts';
import { openStates, addPixel } from './hidden.ts';
import { blankOutputs, type Layer, listOn } from './layer.ts';
import { dotRun } from './products.ts';

/** Pixels decided image by image before the next ones: their weights stay in the cache. */
const BLOCK = 32;
/** States kept between blocks, in numbers (16 MiB); images beyond it build theirs anew from the pixels so far. */
const MAX_KEPT = 2 ** 21;
/** Outputs computed ahead on the guess that the pixels before them stay off, as most do. */
const AHEAD = 4;

/** Ancestral sampling with a hidden state an image. */
export function stateSampler(layer: Layer, grid: Grid, request: SampleRequest): CpuSampler {
  const { n, size } = layer;
  // The last place is the working one of all images beyond.
  const kept = Math.min(request.indices.length, Math.floor(MAX_KEPT / size));
  const a = new Float64Array((kept + 1) * size);
  const h = new Float64Array((kept + 1) * size);
  const z = new Float64Array(AHEAD);
  const pixels = new Int32Array(n);

  return ancestralSampler(grid, request, {
    block: BLOCK,
    decide(images, image, from, to, uniforms) {
      const place = Math.min(image, kept) * size;
      if (from === 0 || image >= kept) {
        a.set(layer.a, place);
        h.set(layer.h, place);
      }
      if (from > 0 && image >= kept) {
        const on = listOn(images, image, pixels);
        for (let r = 0; r < on; r++) addRow(a, place, layer.input, pixels[r] * size, size);
        if (on > 0) openStates(h, place, a, place, size);
      }
      let blank = blankOutputs(images, image) === n;
      for (let i = from; i < to;) {
        const ahead = Math.min(AHEAD, to - i);
        if (blank) z.set(layer.blankLogits(i + ahead).subarray(i, i + ahead));
        else dotRun(z, 0, layer.bias, layer.output, i, i + ahead, h, place, size);
        for (let end = i + ahead, first = i; i < end; i++) {
          if (!fires(z[i - first] / request.temperature, uniforms[i - from])) continue;
          setPixel(images, image, i, 1);
          addPixel(h, place, a, place, layer.input, i * size, size);
          blank = false;
          i++;
          break;
        }
      }
    },
  });
}

function addRow(a: Float64Array, at: number, weight: Float32Array, row: number, size: number): void {
  for (let k = 0; k < size; k++) a[at + k] += weight[row + k];
}
