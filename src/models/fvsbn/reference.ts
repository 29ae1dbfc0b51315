/**
 * The fully visible sigmoid belief network: logistic regression of every pixel on all pixels before it,
 * p(x_i = 1 | x_<i) = sigmoid(b_i + sum_{j<i} w_ji x_j) (Neal, "Connectionist learning of belief networks",
 * Artificial Intelligence 56, 1992; without hidden units and with binary images: Frey, Hinton and Dayan, "Does the
 * wake-sleep algorithm produce good density estimators?", NIPS 1995; the name FVSBN: Gan, Henao, Carlson and Carin,
 * "Learning deep sigmoid belief networks with data augmentation", AISTATS 2015). The plain loops below are the
 * definition; `reference` runs their fast twins from cpu.ts, four-russians.ts and gradient.ts.
 */
import type { Grid, PackedImages } from '../../data/images.ts';
import { pixelCount, unpackImage } from '../../data/images.ts';
import { expectedLogBernoulli, logBernoulli, logit, sigmoid } from '../shared/math.ts';
import { inkOf } from '../shared/soft-targets.ts';
import type { Model, Tensors } from '../model.ts';
import type { Definition, Reference } from '../reference.ts';
import type { Targets } from '../training.ts';
import { cpuGradient } from './gradient.ts';
import { rowBases } from './layout.ts';
import { openCpu } from './cpu.ts';

/** Logits of p(x_i = 1 | x_<i), `[n] f64`, of one image x, `[n]` of 0 and 1. */
export function logits(model: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const { bias: b, weight: w } = model.tensors;
  const n = pixelCount(model.grid);
  const at = rowBases(n);
  const z = Float64Array.from(b);
  for (let j = 0; j < n; j++) {
    if (!x[j]) continue;
    for (let i = j + 1; i < n; i++) z[i] += w[at[j] + i];
  }
  return z;
}

/** log p(x) in nats of one image x, `[n]` of 0 and 1. */
export function logLikelihood(model: Model, x: ArrayLike<number>): number {
  return logits(model, x).reduce((sum, z, i) => sum + logBernoulli(x[i], z), 0);
}

/**
 * Mean gradient over the batch of the loss that `targets` t say, written into `gradients`; returns the summed loss in nats.
 * d loss/dz_i = sigmoid(z_i) - t_i, d/db_i = that, d/dw_ji = x_j times that.
 */
export function gradient(model: Model, batch: PackedImages, gradients: Tensors, targets?: Targets): number {
  const n = pixelCount(model.grid);
  const at = rowBases(n);
  const db = new Float64Array(gradients.bias.length);
  const dw = new Float64Array(gradients.weight.length);
  let loss = 0;
  for (let m = 0; m < batch.count; m++) {
    const x = unpackImage(batch, m);
    const t = inkOf(targets, m, x);
    const z = logits(model, x);
    const d = z.map((zi, i) => sigmoid(zi) - t[i]);
    for (let i = 0; i < n; i++) {
      loss -= expectedLogBernoulli(t[i], z[i]);
      db[i] += d[i];
    }
    for (let j = 0; j < n; j++) {
      if (!x[j]) continue;
      for (let i = j + 1; i < n; i++) dw[at[j] + i] += d[i];
    }
  }
  gradients.bias.set(db.map((v) => v / batch.count));
  gradients.weight.set(dw.map((v) => v / batch.count));
  return loss;
}

/** The probability that a pixel which is never on in the training images is given at the start. */
const LEAST_MEAN = 1e-4;

/** The independent model: biases at the logit of the pixel means, kept off 0 and 1, and no weights. */
export function initialise(grid: Grid, pixelMeans: Float64Array): Tensors {
  const n = pixelCount(grid);
  const bias = Float32Array.from(pixelMeans, (mean) =>
    logit(Math.min(1 - LEAST_MEAN, Math.max(LEAST_MEAN, mean))),
  );
  return { bias, weight: new Float32Array((n * (n - 1)) / 2) };
}

export const definition: Definition = { logLikelihood, logits, gradient };

export const reference: Reference = {
  usesSimd: true,
  open: openCpu,
  initialise: (grid, _hyper, pixelMeans) => initialise(grid, pixelMeans),
  openGradient: cpuGradient,
};
