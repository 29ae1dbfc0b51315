import { averagedOrders, families, folderSpec } from '../../../models/registry.ts';
import type { Model } from '../../../models/model.ts';
import type { SampleMethod } from '../backend.ts';

export const METHODS = [
  'ancestral',
  'fixed-point',
  'first-firing',
] as const satisfies readonly SampleMethod[];

function familiesWithFirstFiring(): string {
  return families
    .filter((spec) => spec.jumps)
    .map((spec) => spec.label)
    .join(' and ');
}

/** For every method null where it can draw the model's images, else the reason, in a sentence. */
export function methodsOf(model: Model): Readonly<Record<SampleMethod, string | null>> {
  const spec = folderSpec(model.family);
  if (spec.task === 'classifier') {
    const none = 'A classifier knows p(y|x) only: it has no images to draw.';
    return { ancestral: none, 'fixed-point': none, 'first-firing': none };
  }
  const orders = averagedOrders(model);
  return {
    ancestral: null,
    'fixed-point': spec.latent
      ? `An image is first given ${spec.latent}, and the conditionals of the whole model do not depend on it.`
      : orders > 1
        ? `An image is first given one of ${orders} orders, but the model's conditionals are those of the order that fits best: train one with a single order.`
        : null,
    'first-firing': spec.jumps
      ? null
      : `A jump needs logits that are sums over the pixels which are on, as in ${familiesWithFirstFiring()}.`,
  };
}
