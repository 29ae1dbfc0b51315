/**
 * Multinomial logistic regression, p(y | x) = softmax(b + sum_i x_i w_i)_y (Cox, "The regression analysis of binary sequences",
 * JRSS B 20, 1958; as the discriminative twin of naive Bayes: Ng and Jordan, "On discriminative vs. generative classifiers",
 * NIPS 2001). `bias` is [CLASSES], `weight` [n, CLASSES]. The plain loops below are the definition; `reference` runs their fast
 * twins from cpu.ts.
 */
import type { Grid, PackedImages } from '../../data/images.ts';
import { CLASSES, pixelCount, unpackImage } from '../../data/images.ts';
import { logSoftmax } from '../shared/math.ts';
import type { Model, Tensors } from '../model.ts';
import type { Definition, Reference } from '../reference.ts';
import type { Targets } from '../training.ts';
import { openCpu, cpuGradient } from './cpu.ts';

/** log p(y | x) up to a constant, `[CLASSES] f64`, of one image x, `[n]` of 0 and 1. */
export function logits(model: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const { bias, weight } = model.tensors;
  const n = pixelCount(model.grid);
  return Float64Array.from({ length: CLASSES }, (_, y) => {
    let z = bias[y];
    for (let i = 0; i < n; i++) z += x[i] * weight[i * CLASSES + y];
    return z;
  });
}

/** log p(y = label | x) in nats. Throws without a label. */
export function logLikelihood(model: Model, x: ArrayLike<number>, label?: number): number {
  if (label === undefined) throw new Error('label: a classifier needs one');
  return logSoftmax(logits(model, x))[label];
}

/**
 * Mean gradient of -log p(y | x) over the batch, written into `gradients`; returns the summed loss in nats. `labels` is
 * [count]. d(-log p)/dz_c = p(c | x) - [c = y], d/db_c = that, d/dw_ic = x_i times that. Throws without labels.
 */
export function gradient(
  model: Model,
  batch: PackedImages,
  gradients: Tensors,
  { labels }: Targets = {},
): number {
  if (!labels) throw new Error('labels: a classifier needs them');
  const n = pixelCount(model.grid);
  const db = new Float64Array(CLASSES);
  const dw = new Float64Array(n * CLASSES);
  let loss = 0;
  for (let m = 0; m < batch.count; m++) {
    const x = unpackImage(batch, m);
    const logs = logSoftmax(logits(model, x));
    loss -= logs[labels[m]];
    for (let y = 0; y < CLASSES; y++) {
      const d = Math.exp(logs[y]) - Number(y === labels[m]);
      db[y] += d;
      for (let i = 0; i < n; i++) dw[i * CLASSES + y] += x[i] * d;
    }
  }
  gradients.bias.set(db.map((sum) => sum / batch.count));
  gradients.weight.set(dw.map((sum) => sum / batch.count));
  return loss;
}

/** Every class equally likely. The loss is convex, so that it matters little where it starts. */
export function initialise(grid: Grid): Tensors {
  return { bias: new Float32Array(CLASSES), weight: new Float32Array(pixelCount(grid) * CLASSES) };
}

export const definition: Definition = { logLikelihood, logits, gradient };

export const reference: Reference = { open: openCpu, initialise, openGradient: cpuGradient };
