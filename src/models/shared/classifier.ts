import type { CpuModel } from '../types.ts';

/** A classifier opened for reading: it knows p(y|x) and no p(x), so whoever asks for that has a bug. */
export function classifierOnly(classLogits: NonNullable<CpuModel['classLogits']>): CpuModel {
  const refuse = () => {
    throw new Error('a classifier has no p(x)');
  };
  return { logLikelihood: refuse, conditionalLogits: refuse, sampler: refuse, classLogits };
}
