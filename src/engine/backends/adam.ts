import type { Tensors } from '../../models/model.ts';
import { ADAM } from './backend.ts';

/**
 * One Adam step (Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1), in place:
 *   m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2,
 *   w <- w - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).
 * All arrays have the same length; stored as f32, computed in f64. `step` is t and starts at 1; g is `factor` times the gradient.
 */
export function adam(
  weights: Float32Array,
  gradients: Float32Array,
  firstMoments: Float32Array,
  secondMoments: Float32Array,
  step: number,
  rate: number,
  factor = 1,
): void {
  const { beta1, beta2 } = ADAM;
  const { rate: scaledRate, epsilon: scaledEpsilon } = foldedAdam(step, rate);
  for (let i = 0; i < weights.length; i++) {
    const g = factor * gradients[i];
    const m = beta1 * firstMoments[i] + (1 - beta1) * g;
    const v = beta2 * secondMoments[i] + (1 - beta2) * g * g;
    firstMoments[i] = m;
    secondMoments[i] = v;
    weights[i] -= (scaledRate * m) / (Math.sqrt(v) + scaledEpsilon);
  }
}

/** Rate and epsilon with the bias corrections of step t folded into them: one square root and one division per weight. */
export function foldedAdam(step: number, rate: number): { readonly rate: number; readonly epsilon: number } {
  const { beta1, beta2, epsilon } = ADAM;
  const root = Math.sqrt(1 - beta2 ** step);
  return { rate: (rate * root) / (1 - beta1 ** step), epsilon: epsilon * root };
}

/** The step on every tensor of a model. */
export function adamTensors(
  tensors: Tensors,
  gradients: Tensors,
  firstMoments: Tensors,
  secondMoments: Tensors,
  step: number,
  rate: number,
  factor = 1,
): void {
  for (const name of Object.keys(tensors)) {
    adam(tensors[name], gradients[name], firstMoments[name], secondMoments[name], step, rate, factor);
  }
}
