import { pixelCount } from '../../../data/images.ts';
import type { CpuModel, CpuPasses, CpuSampler, Model, SampleRequest } from '../../../models/types.ts';
import type { SampleMethod } from '../backend.ts';
import type { Passes, Sampler } from '../backend.ts';
import { ancestralPasses } from './ancestral.ts';
import { mostOf, openFixedPoint } from './fixed-point.ts';

/** One member on typed arrays. Throws for a method that the model cannot. */
export async function openCpuPasses(
  model: Model,
  cpu: CpuModel,
  method: SampleMethod,
  request: SampleRequest,
  wrap: (sampler: CpuSampler) => Sampler,
): Promise<Passes> {
  const own = { ...request, given: null };
  switch (method) {
    case 'ancestral':
      return await ancestralPasses(wrap((cpu.plainSampler ?? cpu.sampler)(own)), pixelCount(model.grid));
    case 'fixed-point':
      return openFixedPoint(model, cpu, own);
    case 'first-firing':
      if (!cpu.firstFiring) throw new Error(`family: "${model.family}" has no first firing`);
      return firstFiringPasses(cpu.firstFiring(own));
  }
}

function firstFiringPasses(cpu: CpuPasses): Passes {
  let passes = 0;
  let seconds = 0;
  const unfinished = () => cpu.finished.includes(0);
  return {
    finished: cpu.finished,
    get passes() {
      return unfinished() ? passes : mostOf(cpu.finished);
    },
    get seconds() {
      return seconds;
    },
    advance(more) {
      if (!unfinished()) return Promise.resolve();
      const begun = performance.now();
      cpu.advance(more);
      passes += more;
      seconds += (performance.now() - begun) / 1000;
      return Promise.resolve();
    },
    images: () => Promise.resolve({ ...cpu.images, words: cpu.images.words.slice() }),
    destroy: () => undefined,
  };
}
