import { pixelCount } from '../../data/images.ts';
import { firstFiringSampler } from '../shared/first-firing.ts';
import type { Model } from '../model.ts';
import type { CpuIterativeSampler, SampleRequest } from '../sampling.ts';
import { Blocks } from './blocks.ts';

/** With the logits of all pixels kept up to date, a pixel turns on where its logit lies above temperature * logit(u). */
export function firstFiring(model: Model, request: SampleRequest): CpuIterativeSampler {
  const n = pixelCount(model.grid);
  const blocks = new Blocks(model);
  // Logit less threshold of every pixel, [count, n].
  const excess = new Float64Array(request.indices.length * n);

  function begin(m: number, uniforms: Float32Array): void {
    for (let i = 0; i < n; i++) {
      const u = uniforms[i];
      excess[m * n + i] = model.tensors.bias[i] - request.temperature * Math.log(u / (1 - u));
    }
  }

  return firstFiringSampler(model.grid, request, {
    next(m, cursor, uniformsOf) {
      if (cursor === 0) begin(m, uniformsOf(m));
      let i = cursor;
      while (i < n && excess[m * n + i] <= 0) i++;
      return i;
    },
    turnOn: (m, i) => blocks.push(excess, m * n, i, n),
  });
}
