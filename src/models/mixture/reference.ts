/**
 * Mixture of K Bernoulli components, p(x) = sum_k pi_k prod_i theta_ki^x_i (1 - theta_ki)^(1 - x_i), fitted by EM (Dempster,
 * Laird and Rubin, "Maximum likelihood from incomplete data via the EM algorithm", JRSS B 39, 1977; for binary images: Bishop,
 * "Pattern recognition and machine learning", 2006, section 9.3.3). Stored as logits: `weight` [K], pi = softmax(weight),
 * and `logit` [n, K], theta_ki = sigmoid(logit[i K + k]). The plain loops below are the definition; `reference` runs
 * their fast twins from cpu.ts and em.ts.
 */
import type { PackedImages } from '../../data/images.ts';
import { pixelCount, unpackImage } from '../../data/images.ts';
import { logBernoulli, logSoftmax, logSumExp } from '../shared/math.ts';
import type { Model, Tensors } from '../model.ts';
import type { Definition, Reference } from '../reference.ts';
import { sparseEmIteration } from './em.ts';
import { initialise } from './initialise.ts';
import { componentMarginal } from './marginal.ts';
import { openCpu } from './cpu.ts';
import { mStep } from './statistics.ts';

/** log p(x, k) in nats of every component, `[K] f64`, of one image x, `[n]` of 0 and 1. */
export function logJoint(model: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const { weight, logit: z } = model.tensors;
  const n = pixelCount(model.grid);
  const K = weight.length;
  return logSoftmax(Float64Array.from(weight)).map((logPi, k) => {
    let sum = logPi;
    for (let i = 0; i < n; i++) sum += logBernoulli(x[i], z[i * K + k]);
    return sum;
  });
}

/** log p(x) in nats. */
export function logLikelihood(model: Model, x: ArrayLike<number>): number {
  return logSumExp(logJoint(model, x));
}

/**
 * Logits of p(x_i = 1 | x_<i), `[n] f64`: components weighed by what they say about the pixels before,
 * p(x_i = 1 | x_<i) = sum_k p(k | x_<i) theta_ki.
 */
export function logits(model: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const { weight, logit: z } = model.tensors;
  const K = weight.length;
  const joint = logSoftmax(Float64Array.from(weight)); // log p(x_<i, k)
  const withPixel = (i: number, xi: number) => joint.map((a, k) => a + logBernoulli(xi, z[i * K + k]));
  return Float64Array.from({ length: pixelCount(model.grid) }, (_, i) => {
    const on = withPixel(i, 1);
    const off = withPixel(i, 0);
    joint.set(x[i] ? on : off);
    return logSumExp(on) - logSumExp(off);
  });
}

/** One iteration of EM: responsibilities p(k | x) of every image, then the counts that they make. */
export function emIteration(model: Model, images: PackedImages): Tensors {
  const n = pixelCount(model.grid);
  const K = model.tensors.weight.length;
  const seen = new Float64Array(K);
  const on = new Float64Array(n * K);
  for (let m = 0; m < images.count; m++) {
    const x = unpackImage(images, m);
    const joint = logJoint(model, x);
    const total = logSumExp(joint);
    for (let k = 0; k < K; k++) {
      const responsibility = Math.exp(joint[k] - total);
      seen[k] += responsibility;
      for (let i = 0; i < n; i++) on[i * K + k] += x[i] * responsibility;
    }
  }
  return mStep(seen, on, images.count, model.hyper.strength);
}

/**
 * What the imagined images add to the log-likelihood, up to a constant: strength * sum_k (log pi_k + 1/2 sum_i (log theta_ki +
 * log(1 - theta_ki))). EM never lowers the sum of both.
 */
export function logPrior(model: Model): number {
  const { weight, logit: z } = model.tensors;
  const pixels = z.reduce((sum, l) => sum + logBernoulli(1, l) + logBernoulli(0, l), 0);
  const weights = logSoftmax(Float64Array.from(weight)).reduce((sum, logPi) => sum + logPi, 0);
  return model.hyper.strength * (weights + pixels / 2);
}

export { initialise };

export const definition: Definition = { logLikelihood, logits, emIteration };

export const reference: Reference = {
  open: (model) => ({ ...openCpu(model), marginal: componentMarginal(model) }),
  initialise,
  emIteration: sparseEmIteration,
};
