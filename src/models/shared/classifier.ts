import type { CpuModel } from '../cpu-model.ts';

/** A classifier opened for reading: it has p(y|x) and no p(x), so a call for p(x) is a bug and throws. */
export function classifierOnly(classLogits: NonNullable<CpuModel['classLogits']>): CpuModel {
  const refuse = () => {
    throw new Error('a classifier has no p(x)');
  };
  return { logLikelihood: refuse, conditionalLogits: refuse, sampler: refuse, classLogits };
}
