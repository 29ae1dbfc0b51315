import { CLASSES } from '../../data/images.ts';
import { logSumExp } from './math.ts';

/**
 * log p(y | x) in nats of every image's own class, [count], out of class logits, [count, CLASSES], and labels,
 * [count]. Throws where there are no labels.
 */
export function classLogLikelihood(
  classLogits: Float64Array,
  labels: Uint8Array | null,
): Float64Array<ArrayBuffer> {
  if (!labels) throw new Error('labels: a classifier needs them');
  return Float64Array.from(labels, (y, m) => {
    const own = classLogits.subarray(m * CLASSES, (m + 1) * CLASSES);
    return own[y] - logSumExp(own);
  });
}

/** p(y | x) of every image, [count, CLASSES]. */
export function posteriorOf(classLogits: Float64Array): Float32Array<ArrayBuffer> {
  const posterior = new Float32Array(classLogits.length);
  for (let at = 0; at < classLogits.length; at += CLASSES) {
    const own = classLogits.subarray(at, at + CLASSES);
    const total = logSumExp(own);
    own.forEach((value, y) => (posterior[at + y] = Math.exp(value - total)));
  }
  return posterior;
}
