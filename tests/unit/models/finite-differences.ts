import { expect } from 'vitest';
import type { Tensors } from '../../../src/models/model.ts';

/** Expects that `gradients` are the mean gradient of `loss`, which sums over `count` images, by the slopes of at most `most` numbers of every tensor. */
export function expectSlopes(
  tensors: Tensors,
  gradients: Tensors,
  loss: () => number,
  count: number,
  most: number,
): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    const stride = Math.ceil(tensor.length / most);
    for (let at = 0; at < tensor.length; at += stride) {
      // A unit with a kink may pass it on one side of the weight, so one of the two slopes must fit.
      const errors = [1, -1].map((side) => {
        const here = loss();
        const value = tensor[at];
        tensor[at] = value + side * 2 ** -20;
        const slope = (loss() - here) / (tensor[at] - value) / count;
        tensor[at] = value;
        return Math.abs(gradients[name][at] - slope);
      });
      expect(Math.min(...errors), `${name}[${at}]`).toBeLessThan(1e-5);
    }
  }
}
