import { pixelCount } from '../../../data/images.ts';
import type { CpuModel } from '../../../models/cpu-model.ts';
import type { Model } from '../../../models/model.ts';
import type { CpuIterativeSampler, CpuSampler, SampleRequest } from '../../../models/sampling.ts';
import type { SampleMethod } from '../backend.ts';
import type { IterativeSampler, Sampler } from '../backend.ts';
import { asIterativeSampler } from './ancestral.ts';
import { maxOf, openFixedPoint } from './fixed-point.ts';

/** The images of one model, or class model, on typed arrays. Throws for a method that the model does not support. */
export async function openCpuIterativeSampler(
  model: Model,
  cpu: CpuModel,
  method: SampleMethod,
  request: SampleRequest,
  wrap: (sampler: CpuSampler) => Sampler,
): Promise<IterativeSampler> {
  const unconditional = { ...request, given: null };
  switch (method) {
    case 'ancestral':
      return await asIterativeSampler(
        wrap((cpu.plainSampler ?? cpu.sampler)(unconditional)),
        pixelCount(model.grid),
      );
    case 'fixed-point':
      return openFixedPoint(model, cpu, unconditional);
    case 'first-firing':
      if (!cpu.firstFiring) throw new Error(`family: "${model.family}" has no first firing`);
      return openFirstFiring(cpu.firstFiring(unconditional));
  }
}

function openFirstFiring(cpu: CpuIterativeSampler): IterativeSampler {
  let iterations = 0;
  let seconds = 0;
  const unfinished = () => cpu.finished.includes(0);
  return {
    finished: cpu.finished,
    get iterations() {
      return unfinished() ? iterations : maxOf(cpu.finished);
    },
    get seconds() {
      return seconds;
    },
    advance(more) {
      if (!unfinished()) return Promise.resolve();
      const begun = performance.now();
      cpu.advance(more);
      iterations += more;
      seconds += (performance.now() - begun) / 1000;
      return Promise.resolve();
    },
    images: () => Promise.resolve({ ...cpu.images, words: cpu.images.words.slice() }),
    destroy: () => undefined,
  };
}
