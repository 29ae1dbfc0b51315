import { getPixel, type PackedImages, pixelCount } from '../../data/images.ts';
import { sigmoid, softplus } from '../../models/shared/math.ts';
import type { DensityReading } from './api.ts';
import type { Evaluator } from '../backends/backend.ts';

/** The chain rule, pixel by pixel: log p(x) = sum over i of log p(x_i | x_<i), in nats, where it holds. */
export async function readingOf(
  image: PackedImages,
  evaluator: Evaluator,
  chained: boolean,
): Promise<DensityReading> {
  const n = pixelCount(image.grid);
  // Concurrently: a device computes both in one submit.
  const [logits, whole] = await Promise.all([
    evaluator.conditionalLogits(image),
    chained ? null : evaluator.logLikelihood(image),
  ]);
  const conditionals = new Float32Array(n);
  const surprise = new Float32Array(n);
  let logLikelihood = 0;
  for (let i = 0; i < n; i++) {
    const cost = softplus(getPixel(image, 0, i) ? -logits[i] : logits[i]);
    conditionals[i] = sigmoid(logits[i]);
    surprise[i] = cost;
    logLikelihood -= cost;
  }
  if (whole) [logLikelihood] = whole;
  return { logLikelihood, conditionals, surprise, chained };
}
